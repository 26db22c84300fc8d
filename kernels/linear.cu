// Linear layer: y = act(x W^T + b) + residual, and its gradients.
//
//   forward          z = scale x W^T + b             x [M,K], weight [N,K], bias [N], z [M,N]
//                    pre = round(z)                  (=, optional) what backward differentiates at
//                    out = act(pre) + residual       (=) [M,N]
//   backward_input   d = scale (dY W  (+ dY2 W2))    dY [M,N] is the gradient at z
//                    dX = d                          (=) [M,K]
//                    dX = round(d) * act'(pre)       where x was act(pre), pre [M,K]
//                    dX = round(d) * up * act'(pre)  where x was act(pre) * up, up [M,K]
//                    dUp = round(d) * act(pre)       (=) [M,K], there
//                    h  = act(pre) * up              (=, optional) [M,K], there: x once more
//                    sums[i] = the sum over rows 64 i ... of dX, and upSums of dUp
//                                                    (=, optional, fp32) [ceil(M / 64),K]
//   backward_weight  dWeight += dY^T x               (+=, fp32) [N,K]
//                    parts[s] = the same over rows partRows s ... of dY and x
//                                                    (=, fp32, instead) [ceil(M / partRows),N,K]
//   backward_weight_sum  dWeight += sum over s parts[s]  (+=, fp32) [N,K]
//   backward_bias    dBias[n] += sum over m dY[m,n]  (+=, fp32) [N]
//
// Fused: bias, rounding, activation and residual happen while the tile is still on the chip, so z
// is neither written to be read again nor rounded twice; training writes 2 M N elements (pre, out)
// where separate kernels move 5. The activation is applied to the rounded z, the value backward
// gets to see. Two input gradients that meet (gate and up of a gated block) are added before they
// are rounded: dX is written once instead of written, read and written again. Where x is the output
// of an activation, dX becomes the gradient of its input at once: 2 M K elements (pre, dX) where
// separate kernels move 4; where it was that of a gate, dX and dUp take 4 M K (pre, up, dX, dUp)
// instead of 6; rounded in between, so that the bits are theirs. The gradient of a bias below is
// the sum of those columns: they are added up on the chip, tile by tile, and backward_bias adds the
// tiles' sums, M K / 64 elements, where it would have read all M K.
//
// A weight may have few tiles, and its sum many rows: parts of the sum are then taken side by side,
// into memory of their own, and added up in ascending order.
//
// scale, one float in device memory, undoes the scaling of operands; null is 1. dX may be pre or up
// itself, and dUp the other one.
//
// Everything is dense and row-major, of any size from 1 up and any element alignment. Optional
// pointers are left out by null. 16-byte copies where pointers and row lengths allow them. fp32
// sums in ascending order of the summed index, whatever the grid: the same bits in every run, and
// for a row alone or in a batch. fp16 and bf16 multiply on tensor cores (mma.sync m16n8k16), fp32
// on plain multiply-adds.
// Fewest bytes: each operand read once, each result written once (dWeight and dBias also read).
//
// Launch: block 128, grid ceil(rows / 64) * ceil(columns / 64) of the result, one 64 x 64 tile per
// block; of backward_weight ceil(M / partRows) of those, in y; backward_weight_sum: block 256, grid
// ceil(N K / 1024); backward_bias: block 256, grid ceil(N / 32). linear_128x128.cu and
// linear_128x256.cu have the same products in larger tiles, with the same bits but for the sums,
// which are of 128 rows there.

#include "linear.cuh"

namespace lockstep {

template <class T>
struct Tile : GemmTile<64, 64, 128, 32, 32, 3, false> {};

template <>
struct Tile<float> : GemmTile<64, 64, 128, 32, 32, 2, false> {};

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

// Adds the parts of N neighbouring elements from `at` on.
template <int N>
__device__ __forceinline__ void addParts(float* dWeight, const float* parts, i64 count, i64 size,
                                         i64 at) {
  const Vector<N> access;
  const float* source = parts + at;
  Lanes<N> total = access.load(source);
#pragma unroll 4
  for (i64 part = 1; part < count; part++) {
    source += size;
    total = sum(total, access.load(source));
  }
  Elements<float, N>::rounded(sum(access.load(dWeight + at), total)).store(dWeight + at);
}

}  // namespace lockstep

using namespace lockstep;

extern "C" __global__ void __launch_bounds__(256)
    linear_backward_weight_sum_f32(float* dWeight, const float* parts, i64 count, i64 size) {
  constexpr int kLanes = 4;
  const i64 first = static_cast<i64>(blockIdx.x) * (256 * kLanes);
  if (rowsAligned(size * sizeof(float), dWeight, parts)) {
    const i64 at = first + kLanes * threadIdx.x;
    if (at < size) addParts<kLanes>(dWeight, parts, count, size, at);
  } else {
#pragma unroll 1
    for (int i = 0; i < kLanes; i++) {
      const i64 at = first + 256 * i + threadIdx.x;
      if (at < size) addParts<1>(dWeight, parts, count, size, at);
    }
  }
}

#define ENTRIES(suffix, T)                                              \
  LOCKSTEP_LINEAR_ENTRIES(_##suffix, T, Tile<T>)                        \
  extern "C" __global__ void __launch_bounds__(256)                     \
      linear_backward_bias_##suffix(float* dBias, const T* dY, i64 M, i64 N) { \
    linearBackwardBias(dBias, dY, M, N);                                \
  }

LOCKSTEP_FOR_EACH_TYPE(ENTRIES)
