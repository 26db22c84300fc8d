// RMSNorm over the last dimension, with the residual addition before it fused in.
//
//   s = round_T(x + residual)            (s = x without a residual)
//   rstd = 1 / sqrt(mean(s^2) + eps)
//   y = s * rstd * weight                (weight 1 when null)
//
// Backward, with g = dy * weight and xhat = s * rstd:
//   dx = rstd * (g - xhat * mean(g * xhat)) + dSum
//   dWeight += sum over rows of dy * xhat
//
// Fused: the residual stream s is written while it is read for the norm, and its gradient dSum is
// added while dx is written; apart they would cost another read and write each. The norm is taken
// of the rounded s, which is what backward reads, so backward differentiates what forward computed.
//
//   forward    y [rows, cols] =    sum [rows, cols] = or null     rstd [rows] =  (fp32)
//              x, residual or null [rows, cols]                   weight [cols] or null
//   backward   dx [rows, cols] =   partials [blocks, cols] = or null  (fp32)      rstd [rows]
//              dy, dSum or null, x (that is s) [rows, cols]       weight [cols] or null
//   reduce     dWeight [cols] +=  (fp32)                          partials [blocks, cols]
//
// y may be x or residual, sum may be either too; dx may be dy, dSum or x.
//
// Fewest bytes per element: forward 2 * sizeof(T), with residual and sum 4 * sizeof(T); backward
// 3 * sizeof(T), with dSum 4 * sizeof(T); partials: blocks * cols * 4, written once and read once.
//
// Launch: forward and backward any multiple of 32 threads up to 1024, one block per row at a time;
// backward grid = blocks = ceil(rows / rowsPerBlock); reduce 256 threads, grid ceil(cols / 32).
// Any rows and cols from 1 up, any alignment. The order of every sum depends on cols and the block
// size alone (partials: on rowsPerBlock too).

#include "block.cuh"
#include "column_sum.cuh"
#include "lanes.cuh"
#include "numeric.cuh"

namespace lockstep::rmsnorm {

template <class T>
__device__ __forceinline__ void forward(T* y, T* sum, float* rstd, const T* x, const T* residual,
                                        const T* weight, i64 rows, i64 cols, float eps) {
  constexpr int N = Storage<T>::kLanes;
  __shared__ BlockScratch<1> scratch;
  const bool aligned = rowsAligned(cols * sizeof(T), y, sum, x, residual, weight);
  for (i64 row = blockIdx.x; row < rows; row += gridDim.x) {
    const i64 start = row * cols;
    float squares = 0.0f;
    forEachColumn<N>(cols, aligned, [&](auto access, i64 column) {
      const i64 at = start + column;
      auto s = access.load(x + at);
      if (residual) s = roundedSum<T>(s, access.load(residual + at));
      if (sum) access.store(sum + at, s);
      forEachLane(s, [&](int i) { squares = fmaf(s.lane[i], s.lane[i], squares); });
    });
    const float scale = reciprocalSqrt(blockSum(squares, scratch) / static_cast<float>(cols) + eps);
    if (threadIdx.x == 0) rstd[row] = scale;

    // A thread reads back the columns of sum that it wrote itself: sum may have overwritten x.
    const T* const again = sum ? sum : x;
    const T* const addend = sum ? nullptr : residual;
    forEachColumn<N>(cols, aligned, [&](auto access, i64 column) {
      const i64 at = start + column;
      auto s = access.load(again + at);
      if (addend) s = roundedSum<T>(s, access.load(addend + at));
      forEachLane(s, [&](int i) { s.lane[i] *= scale; });
      if (weight) s = product(s, access.load(weight + column));
      access.store(y + at, s);
    });
  }
}

template <class T>
__device__ __forceinline__ void backward(T* dx, float* partials, const T* dy, const T* dSum,
                                         const T* x, const T* weight, const float* rstd, i64 rows,
                                         i64 cols, i64 rowsPerBlock) {
  constexpr int N = Storage<T>::kLanes;
  __shared__ BlockScratch<1> scratch;
  const i64 first = blockIdx.x * rowsPerBlock;
  const i64 last = rows - first < rowsPerBlock ? rows : first + rowsPerBlock;
  float* const partial = partials ? partials + blockIdx.x * cols : nullptr;
  const bool aligned = rowsAligned(cols * sizeof(T), dx, partials, dy, dSum, x, weight);
  for (i64 row = first; row < last; row++) {
    const i64 start = row * cols;
    const float scale = rstd[row];
    float dot = 0.0f;
    forEachColumn<N>(cols, aligned, [&](auto access, i64 column) {
      const auto s = access.load(x + start + column);
      auto g = access.load(dy + start + column);
      if (weight) g = product(g, access.load(weight + column));
      forEachLane(s, [&](int i) { dot = fmaf(g.lane[i], s.lane[i] * scale, dot); });
    });
    const float projection = blockSum(dot, scratch) / static_cast<float>(cols);

    forEachColumn<N>(cols, aligned, [&](auto access, i64 column) {
      const i64 at = start + column;
      auto xhat = access.load(x + at);
      forEachLane(xhat, [&](int i) { xhat.lane[i] *= scale; });
      auto g = access.load(dy + at);
      if (partial) accumulate(access, partial + column, product(g, xhat), row == first);
      if (weight) g = product(g, access.load(weight + column));
      forEachLane(g, [&](int i) {
        g.lane[i] = scale * fmaf(-xhat.lane[i], projection, g.lane[i]);
      });
      if (dSum) g = lockstep::sum(g, access.load(dSum + at));
      access.store(dx + at, g);
    });
  }
}

}  // namespace lockstep::rmsnorm

#define LOCKSTEP_RMSNORM(suffix, T)                                                              \
  extern "C" __global__ void rmsnorm_forward_##suffix(                                           \
      T* y, T* sum, float* rstd, const T* x, const T* residual, const T* weight,                 \
      lockstep::i64 rows, lockstep::i64 cols, float eps) {                                       \
    lockstep::rmsnorm::forward(y, sum, rstd, x, residual, weight, rows, cols, eps);              \
  }                                                                                              \
  extern "C" __global__ void rmsnorm_backward_##suffix(                                          \
      T* dx, float* partials, const T* dy, const T* dSum, const T* x, const T* weight,           \
      const float* rstd, lockstep::i64 rows, lockstep::i64 cols, lockstep::i64 rowsPerBlock) {   \
    lockstep::rmsnorm::backward(dx, partials, dy, dSum, x, weight, rstd, rows, cols,             \
                                rowsPerBlock);                                                   \
  }
LOCKSTEP_FOR_EACH_TYPE(LOCKSTEP_RMSNORM)

extern "C" __global__ void rmsnorm_backward_reduce(float* dWeight, const float* partials,
                                                   lockstep::i64 blocks, lockstep::i64 cols) {
  lockstep::addColumnSums(dWeight, partials, blocks, cols);
}
