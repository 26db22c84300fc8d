// Losses that are a sum over elements: how elements are shared out, so that the sum is added in an
// order that depends neither on the grid nor on the number of multiprocessors.
//
// Elements are cut into chunks of kChunk. A block adds up a chunk: each thread every 256th vector,
// then the threads by a tree. The sums of chunks go to memory and are added by one block in double:
// each thread every 256th, then the threads by the same tree.
#pragma once

#include "block.cuh"
#include "lanes.cuh"

namespace lockstep::elementwise_loss {

constexpr int kThreads = 256;
constexpr i64 kChunk = 8192;

// Calls body(access, index) for all n elements, Vector<N> or Vector<1> at a time; it answers what
// they add to the loss. partials [ceil(n / kChunk)], unless null, receives the chunks' sums.
template <int N, class Body>
__device__ __forceinline__ void addChunks(float* partials, i64 n, bool aligned, Body body) {
  static_assert(kChunk % (N * kThreads) == 0, "whole vectors for every thread");
  __shared__ BlockScratch<1> scratch;
  for (i64 start = blockIdx.x * kChunk; start < n; start += gridDim.x * kChunk) {
    const i64 end = min(n, start + kChunk);
    const i64 whole = aligned ? start + (end - start) / N * N : start;
    float own = 0.0f;
#pragma unroll 1
    for (i64 i = start + threadIdx.x * N; i < whole; i += kThreads * N) {
      own += body(Vector<N>{}, i);
    }
    // What is left after whole vectors, or everything where there are none.
#pragma unroll 1
    for (i64 i = whole + threadIdx.x; i < end; i += kThreads) own += body(Vector<1>{}, i);
    if (!partials) continue;
    const float sum = blockSum(own, scratch);
    if (threadIdx.x == 0) partials[start / kChunk] = sum;
  }
}

// loss = the sum of partials / divisor. One block of 256 threads.
__device__ __forceinline__ void addPartials(float* loss, const float* partials, i64 chunks,
                                            i64 divisor) {
  __shared__ double sums[kThreads / kWarpSize];
  double own = 0.0;
  for (i64 chunk = threadIdx.x; chunk < chunks; chunk += kThreads) own += partials[chunk];
#pragma unroll
  for (int step = kWarpSize / 2; step > 0; step /= 2) {
    own += __shfl_xor_sync(kAllLanes, own, step);
  }
  if (laneIndex() == 0) sums[warpIndex()] = own;
  __syncthreads();
  if (threadIdx.x != 0) return;
  double total = 0.0;
#pragma unroll
  for (int warp = 0; warp < kThreads / kWarpSize; warp++) total += sums[warp];
  *loss = static_cast<float>(total / static_cast<double>(divisor));
}

}  // namespace lockstep::elementwise_loss
