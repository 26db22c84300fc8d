// Reductions over the 32 lanes of a warp. All lanes must take part; all receive the result.
//
// Step k adds the value of the lane whose number differs in bit k, so after the steps 16, 8, 4, 2
// and 1 every lane holds the sum over all 32, and, since a + b = b + a, the same bits.
#pragma once

#include "storage.cuh"

namespace lockstep {

constexpr int kWarpSize = 32;
constexpr u32 kAllLanes = 0xffffffffu;

__device__ __forceinline__ int laneIndex() { return threadIdx.x & (kWarpSize - 1); }
__device__ __forceinline__ int warpIndex() { return threadIdx.x / kWarpSize; }

__device__ __forceinline__ float warpSum(float value) {
#pragma unroll
  for (int step = kWarpSize / 2; step > 0; step /= 2) {
    value += __shfl_xor_sync(kAllLanes, value, step);
  }
  return value;
}

// The largest value, of which none may be NaN. As integers floats have the same order, but for the
// negative ones, whose order is reversed.
__device__ __forceinline__ float warpMax(float value) {
  const auto mirror = [](int bits) { return bits ^ ((bits >> 31) & 0x7fffffff); };
  const int ordered = mirror(__float_as_int(value));
  return __int_as_float(mirror(__reduce_max_sync(kAllLanes, ordered)));
}

}  // namespace lockstep
