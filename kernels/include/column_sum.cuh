// Sums over the rows of a matrix in two stages of fixed order: every block adds the rows it owns
// into a partial row of its own, then addColumnSums adds the partial rows.
#pragma once

#include "lanes.cuh"
#include "warp.cuh"

namespace lockstep {

constexpr int kColumnSumThreads = 256;
constexpr int kColumnSumWarps = kColumnSumThreads / kWarpSize;

// First stage: partial = value for the block's first row, partial += value for the next. One
// thread must own these columns in every row.
template <class Access, int N>
__device__ __forceinline__ void accumulate(Access access, float* partial, Lanes<N> value,
                                           bool firstRow) {
  if (!firstRow) value = sum(value, access.load(partial));
  access.store(partial, value);
}

// Second stage: sum[column] += partials[0][column] + ... + partials[rows-1][column] for the 32
// columns of this block. Lane l owns column l; warp w adds rows w, w + 8, ...; then warp 0 adds the
// eight sums. All 256 threads of the block must call it.
__device__ __forceinline__ void addColumnSums(float* sum, const float* partials, i64 rows,
                                              i64 cols) {
  __shared__ float warpSums[kColumnSumWarps][kWarpSize];
  const i64 column = static_cast<i64>(blockIdx.x) * kWarpSize + laneIndex();
  float own = 0.0f;
  if (column < cols) {
    for (i64 row = warpIndex(); row < rows; row += kColumnSumWarps) {
      own += partials[row * cols + column];
    }
  }
  __syncthreads();  // the previous call may still be reading warpSums
  warpSums[warpIndex()][laneIndex()] = own;
  __syncthreads();
  if (warpIndex() == 0 && column < cols) {
    float total = 0.0f;
#pragma unroll
    for (int warp = 0; warp < kColumnSumWarps; warp++) total += warpSums[warp][laneIndex()];
    sum[column] += total;
  }
}

}  // namespace lockstep
