// Reductions over the threads of a block, whose size must be a multiple of 32 up to 1024. All
// threads must take part; all receive the result, in the same bits. A block of one warp pays for
// no barrier and no shared memory.
#pragma once

#include "warp.cuh"

namespace lockstep {

constexpr int kMaxWarps = 32;

// Shared memory of blockSum for N values at a time.
template <int N>
struct BlockScratch {
  float partial[N][kMaxWarps];
};

// Reduces N values at once with one pair of barriers. combine(v) reduces a value over a warp;
// identity stands for the warps the block does not have.
template <int N, class Combine>
__device__ __forceinline__ void blockReduce(float (&value)[N], float identity,
                                            BlockScratch<N>& scratch, Combine combine) {
#pragma unroll
  for (int i = 0; i < N; i++) value[i] = combine(value[i]);
  if (blockDim.x == kWarpSize) {
    __syncwarp();
    return;
  }
  __syncthreads();  // the previous reduction may still be reading scratch
  if (laneIndex() == 0) {
#pragma unroll
    for (int i = 0; i < N; i++) scratch.partial[i][warpIndex()] = value[i];
  }
  __syncthreads();
  const bool present = laneIndex() < blockDim.x / kWarpSize;
#pragma unroll
  for (int i = 0; i < N; i++) {
    value[i] = combine(present ? scratch.partial[i][laneIndex()] : identity);
  }
}

template <int N>
__device__ __forceinline__ void blockSum(float (&value)[N], BlockScratch<N>& scratch) {
  blockReduce(value, 0.0f, scratch, [](float v) { return warpSum(v); });
}

__device__ __forceinline__ float blockSum(float value, BlockScratch<1>& scratch) {
  float values[1] = {value};
  blockSum(values, scratch);
  return values[0];
}

// The largest value, of which none may be NaN.
__device__ __forceinline__ float blockMax(float value, BlockScratch<1>& scratch) {
  float values[1] = {value};
  blockReduce(values, -INFINITY, scratch, [](float v) { return warpMax(v); });
  return values[0];
}

// The smallest value; of a block of several warps scratch must not be in use by another reduction.
__device__ __forceinline__ int blockMin(int value, BlockScratch<1>& scratch) {
  value = __reduce_min_sync(kAllLanes, value);
  if (blockDim.x == kWarpSize) return value;
  __syncthreads();  // the previous reduction may still be reading scratch
  if (laneIndex() == 0) scratch.partial[0][warpIndex()] = __int_as_float(value);
  __syncthreads();
  const bool present = laneIndex() < blockDim.x / kWarpSize;
  return __reduce_min_sync(kAllLanes,
                           present ? __float_as_int(scratch.partial[0][laneIndex()]) : value);
}

}  // namespace lockstep
