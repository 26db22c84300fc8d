// What follows a matrix product that another library computed: scale, bias, activation, residual.
//
//   forward    pre = round(scale z + bias)       (=, optional) what backward differentiates at
//              out = act(pre) + residual         (=)
//
// z, pre, out, residual [rows, cols] of T, bias [cols] of T, scale one float in device memory. An
// absent operand is null: no factor, nothing added. In place: out or pre may be z itself.
//
// The fused epilogue of linear.cu does the same to sums that are still fp32; here z was rounded
// when it was stored, once more than there. Its bits are the epilogue's of the same z.
//
// Rows and columns of any number from 1 up, any element alignment; 16-byte accesses where all
// addresses and the bytes of a row are multiples of 16. fp32 arithmetic.
// Fewest bytes: z, pre, out and residual once each, bias once for every row of threads (L1 holds
// it).
//
// Launch: block (x, y) of 256, x threads to a row; any grid (threads stride over both axes).

#include "activations.cuh"
#include "lanes.cuh"

namespace lockstep {

template <class T, class Body>
__device__ __forceinline__ void forEachOfDense(i64 rows, i64 cols, bool aligned, Body body) {
  constexpr int kLanes = Storage<T>::kLanes;
  const i64 thread = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x;
  const i64 threads = static_cast<i64>(gridDim.x) * blockDim.x;
#pragma unroll 1
  for (i64 row = static_cast<i64>(blockIdx.y) * blockDim.y + threadIdx.y; row < rows;
       row += static_cast<i64>(gridDim.y) * blockDim.y) {
    if (aligned) {
#pragma unroll 1
      for (i64 i = thread * kLanes; i < cols; i += threads * kLanes) {
        body(Vector<kLanes>{}, row * cols + i, i);
      }
    } else {
#pragma unroll 1
      for (i64 i = thread; i < cols; i += threads) body(Vector<1>{}, row * cols + i, i);
    }
  }
}

template <class T>
__device__ __forceinline__ void biasActivationForward(T* out, T* pre, const T* z, const T* bias,
                                                      const T* residual, const float* scale,
                                                      i64 rows, i64 cols, int code, float slope) {
  const float factor = scale == nullptr ? 1.0f : *scale;
  const bool aligned =
      rowsAligned(cols * static_cast<i64>(sizeof(T)), out, pre, z, bias, residual);
  withActivation<T>(code, slope, [&](auto curve) {
    forEachOfDense<T>(rows, cols, aligned, [&](auto access, i64 at, i64 column) {
      auto lanes = access.load(z + at);
      if (scale != nullptr) forEachLane(lanes, [&](int i) { lanes.lane[i] *= factor; });
      if (bias != nullptr) lanes = sum(lanes, access.load(bias + column));
      forEachLane(lanes, [&](int i) { lanes.lane[i] = roundTo<T>(lanes.lane[i]); });
      if (pre != nullptr) access.store(pre + at, lanes);
      forEachLane(lanes, [&](int i) { lanes.lane[i] = curve.at(lanes.lane[i]).value; });
      if (residual != nullptr) lanes = sum(lanes, access.load(residual + at));
      access.store(out + at, lanes);
    });
  });
}

}  // namespace lockstep

using namespace lockstep;

#define ENTRIES(suffix, T)                                                                 \
  extern "C" __global__ void __launch_bounds__(256) bias_activation_forward_##suffix(      \
      T* out, T* pre, const T* z, const T* bias, const T* residual, const float* scale,    \
      i64 rows, i64 cols, int activation, float slope) {                                   \
    biasActivationForward(out, pre, z, bias, residual, scale, rows, cols, activation,      \
                          slope);                                                          \
  }

LOCKSTEP_FOR_EACH_TYPE(ENTRIES)
