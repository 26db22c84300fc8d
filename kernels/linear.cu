// Linear layer: y = act(x W^T + b) + residual, and its gradients.
//
//   forward          z = x W^T + b                   x [M,K], weight [N,K], bias [N], z [M,N]
//                    pre = round(z)                  (=, optional) what backward differentiates at
//                    out = act(pre) + residual       (=) [M,N]
//   backward_input   dX = dY W  (+ dY2 W2)           (=) [M,K];  dY [M,N] is the gradient at z
//   backward_weight  dWeight += dY^T x               (+=, fp32) [N,K]
//   backward_bias    dBias[n] += sum over m dY[m,n]  (+=, fp32) [N]
//
// Fused: bias, rounding, activation and residual happen while the tile is still on the chip, so z
// is neither written to be read again nor rounded twice; training writes 2 M N elements (pre, out)
// where separate kernels move 5. The activation is applied to the rounded z, the value backward
// gets to see. Two input gradients that meet (gate and up of a gated block) are added before they
// are rounded: dX is written once instead of written, read and written again.
//
// Everything is dense and row-major, of any size from 1 up and any element alignment. Optional
// pointers are left out by null. 16-byte copies where pointers and row lengths allow them. fp32
// sums in ascending order of the summed index, whatever the grid: the same bits in every run, and
// for a row alone or in a batch. fp16 and bf16 multiply on tensor cores (mma.sync m16n8k16), fp32
// on plain multiply-adds.
// Fewest bytes: each operand read once, each result written once (dWeight and dBias also read).
//
// Launch: block 128, grid ceil(rows / 64) * ceil(columns / 64) of the result, one 64 x 64 tile per
// block; backward_bias: block 256, grid ceil(N / 32).

#include "activations.cuh"
#include "elementwise.cuh"
#include "gemm.cuh"
#include "lanes.cuh"

namespace lockstep {

constexpr int kSharedBytes = kGemmSharedBytes<1>;
static_assert(kResultBytes <= kSharedBytes, "the finished tile replaces the operands");

template <class T>
__device__ __forceinline__ void linearForward(T* out, T* pre, const T* x, const T* weight,
                                              const T* bias, const T* residual, i64 M, i64 N, i64 K,
                                              int code, float slope) {
  __shared__ __align__(128) char shared[kSharedBytes];
  const TilePlace place(M, N);
  GemmEngine<T, Depth::kColumns, Depth::kColumns, 1> engine;
  const Matrix<T> right[1] = {{weight, N, K}};
  addProduct(engine, {x, M, K}, right, place.row, place.column, shared);
  float* result = reinterpret_cast<float*>(shared);
  shareResult(engine, 0, result);
  __syncthreads();

  const Activation activation(code, slope);
  if (rowsAligned(N * sizeof(T), out, pre, bias, residual)) {
    const bool finished = code == kNone && residual == nullptr;
    forEachPart<Pack<T>::kLanes>(place, [&](int row, int column) {
      const i64 at = (place.row + row) * N + place.column + column;
      Pack<T> z = loadResult<T>(result, row, column);
      if (bias != nullptr) z.add(Pack<T>::load(bias + place.column + column));
      uint4 raw[2] = {z.pack(), make_uint4(0, 0, 0, 0)};
      if (pre != nullptr) *reinterpret_cast<uint4*>(pre + at) = raw[0];
      if (!finished) {
        if (residual != nullptr) raw[1] = *reinterpret_cast<const uint4*>(residual + at);
        mapWords<T, 1>(raw, [&](const float (&value)[2], float (&sum)[1]) {
          sum[0] = activation.value(value[0]) + value[1];
        });
      }
      *reinterpret_cast<uint4*>(out + at) = raw[0];
    });
  } else {
    forEachPart<1>(place, [&](int row, int column) {
      const i64 at = (place.row + row) * N + place.column + column;
      float z = result[resultIndex(row, column)];
      if (bias != nullptr) z += loadFloat(bias + place.column + column);
      z = roundTo<T>(z);
      if (pre != nullptr) storeFloat(pre + at, z);
      float sum = activation.value(z);
      if (residual != nullptr) sum += loadFloat(residual + at);
      storeFloat(out + at, sum);
    });
  }
}

template <class T>
__device__ __forceinline__ void linearBackwardInput(T* dX, const T* dY, const T* weight,
                                                    const T* dY2, const T* weight2, i64 M, i64 N,
                                                    i64 K) {
  __shared__ __align__(128) char shared[kSharedBytes];
  const TilePlace place(M, K);
  GemmEngine<T, Depth::kColumns, Depth::kRows, 1> engine;
  const int products = dY2 != nullptr ? 2 : 1;
#pragma unroll 1
  for (int i = 0; i < products; i++) {
    const Matrix<T> right[1] = {{i == 0 ? weight : weight2, N, K}};
    addProduct(engine, {i == 0 ? dY : dY2, M, N}, right, place.row, place.column, shared);
  }
  float* result = reinterpret_cast<float*>(shared);
  shareResult(engine, 0, result);
  __syncthreads();

  if (rowsAligned(K * sizeof(T), dX)) {
    forEachPart<Pack<T>::kLanes>(place, [&](int row, int column) {
      loadResult<T>(result, row, column)
          .store(dX + (place.row + row) * K + place.column + column);
    });
  } else {
    forEachPart<1>(place, [&](int row, int column) {
      storeFloat(dX + (place.row + row) * K + place.column + column,
                 result[resultIndex(row, column)]);
    });
  }
}

template <class T>
__device__ __forceinline__ void linearBackwardWeight(float* dWeight, const T* dY, const T* x, i64 M,
                                                     i64 N, i64 K) {
  __shared__ __align__(128) char shared[kSharedBytes];
  const TilePlace place(N, K);
  GemmEngine<T, Depth::kRows, Depth::kRows, 1> engine;
  const Matrix<T> right[1] = {{x, M, K}};
  addProduct(engine, {dY, M, N}, right, place.row, place.column, shared);
  float* result = reinterpret_cast<float*>(shared);
  shareResult(engine, 0, result);
  __syncthreads();

  if (rowsAligned(K * sizeof(float), dWeight)) {
    forEachPart<4>(place, [&](int row, int column) {
      float* target = dWeight + (place.row + row) * K + place.column + column;
      Pack<float> sum = Pack<float>::load(target);
      sum.add(loadResult<float>(result, row, column));
      sum.store(target);
    });
  } else {
    forEachPart<1>(place, [&](int row, int column) {
      dWeight[(place.row + row) * K + place.column + column] += result[resultIndex(row, column)];
    });
  }
}

// Warp w of 8 adds rows w, w + 8, ... of 32 neighbouring columns, one column per lane, in four
// interleaved sums; then the sums, and the warps in order, are added pairwise.
template <class T>
__device__ __forceinline__ void linearBackwardBias(float* dBias, const T* dY, i64 M, i64 N) {
  constexpr int kWarps = 8;
  __shared__ float partial[kWarps][32];
  const int lane = threadIdx.x & 31;
  const int warp = threadIdx.x >> 5;
  const i64 column = static_cast<i64>(blockIdx.x) * 32 + lane;
  float sum[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  if (column < N) {
    const T* source = dY + warp * N + column;
    i64 row = warp;
#pragma unroll 1
    for (; row + 3 * kWarps < M; row += 4 * kWarps, source += 4 * kWarps * N) {
#pragma unroll
      for (int i = 0; i < 4; i++) sum[i] += loadFloat(source + i * kWarps * N);
    }
#pragma unroll
    for (int i = 0; i < 3; i++) {
      if (row + i * kWarps < M) sum[i] += loadFloat(source + i * kWarps * N);
    }
  }
  partial[warp][lane] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  __syncthreads();
#pragma unroll
  for (int half = kWarps / 2; half > 0; half /= 2) {
    if (warp < half) partial[warp][lane] += partial[warp + half][lane];
    __syncthreads();
  }
  if (warp == 0 && column < N) dBias[column] += partial[0][lane];
}

}  // namespace lockstep

using namespace lockstep;

#define ENTRIES(suffix, T)                                                                       \
  extern "C" __global__ void __launch_bounds__(128) linear_forward_##suffix(                     \
      T* out, T* pre, const T* x, const T* weight, const T* bias, const T* residual, i64 M,      \
      i64 N, i64 K, int activation, float slope) {                                               \
    linearForward(out, pre, x, weight, bias, residual, M, N, K, activation, slope);              \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(128)                                              \
      linear_backward_input_##suffix(T* dX, const T* dY, const T* weight, const T* dY2,          \
                                     const T* weight2, i64 M, i64 N, i64 K) {                    \
    linearBackwardInput(dX, dY, weight, dY2, weight2, M, N, K);                                  \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(128) linear_backward_weight_##suffix(             \
      float* dWeight, const T* dY, const T* x, i64 M, i64 N, i64 K) {                            \
    linearBackwardWeight(dWeight, dY, x, M, N, K);                                               \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(256)                                              \
      linear_backward_bias_##suffix(float* dBias, const T* dY, i64 M, i64 N) {                   \
    linearBackwardBias(dBias, dY, M, N);                                                         \
  }

LOCKSTEP_FOR_EACH_TYPE(ENTRIES)
