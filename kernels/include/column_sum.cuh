// Sums over the rows of a matrix in two stages of fixed order: every block adds the rows it owns
// into a partial row of its own, then addColumnSums adds the partial rows.
#pragma once

#include "warp.cuh"

namespace lockstep {

constexpr int kColumnSumThreads = 256;
constexpr int kColumnSumWarps = kColumnSumThreads / kWarpSize;

// Second stage: sum[column] = or += partials[0][column] + ... + partials[rows-1][column] for the 32
// columns of this block. Lane l owns column l; warp w adds rows w, w + 8, ...; then warp 0 adds the
// eight sums. All 256 threads of the block must call it.
__device__ __forceinline__ void addColumnSums(float* sum, const float* partials, i64 rows, i64 cols,
                                              bool accumulate) {
  __shared__ float warpSums[kColumnSumWarps][kWarpSize];
  const i64 column = static_cast<i64>(blockIdx.x) * kWarpSize + laneIndex();
  float own = 0.0f;
  if (column < cols) {
    const float* partial = partials + warpIndex() * cols + column;
    for (i64 row = warpIndex(); row < rows; row += kColumnSumWarps) {
      own += *partial;
      partial += kColumnSumWarps * cols;
    }
  }
  __syncthreads();  // the previous call may still be reading warpSums
  warpSums[warpIndex()][laneIndex()] = own;
  __syncthreads();
  if (warpIndex() == 0 && column < cols) {
    float total = 0.0f;
#pragma unroll
    for (int warp = 0; warp < kColumnSumWarps; warp++) total += warpSums[warp][laneIndex()];
    sum[column] = accumulate ? sum[column] + total : total;
  }
}

}  // namespace lockstep
