// LayerNorm over the last dimension, with the residual addition before it fused in.
//
//   s = round_T(x + residual)                  (s = x without a residual)
//   mean = sum(s) / cols,   rstd = 1 / sqrt(sum((s - mean)^2) / cols + eps)
//   y = (s - mean) * rstd * weight + bias      (weight 1 and bias 0 when null)
//
// Backward, with g = dy * weight and xhat = (s - mean) * rstd:
//   dx = rstd * (g - mean(g) - xhat * mean(g * xhat)) + dSum
//   dWeight += sum over rows of dy * xhat,   dBias += sum over rows of dy
//
// Fused: the residual stream s is written while it is read for the norm, and its gradient dSum is
// added while dx is written; apart they would cost another read and write each.
//
// The variance takes a second pass over s - mean: E[s^2] - E[s]^2 would cancel for rows whose mean
// is large beside their spread. A mean in fp32 is itself off by up to half an ulp, which such rows
// would show as a shift of xhat, so every pass over s - mean also sums it and takes the rest out.
//
//   forward    y [rows, cols] =    sum [rows, cols] = or null     mean, rstd [rows] =  (fp32)
//              x, residual or null [rows, cols]                   weight, bias [cols] or null
//   backward   dx [rows, cols] =   partials [2, blocks, cols] = or null  (fp32; dWeight, dBias)
//              dy, dSum or null, x (that is s) [rows, cols]       weight [cols] or null
//              mean, rstd [rows]
//   reduce     dWeight [cols] +=, dBias [cols] += or null (fp32)  partials [2, blocks, cols]
//
// y may be x or residual, sum may be either too; dx may be dy, dSum or x.
//
// Fewest bytes per element: forward 2 * sizeof(T), with residual and sum 4 * sizeof(T); backward
// 3 * sizeof(T), with dSum 4 * sizeof(T); partials: 2 * blocks * cols * 4, written and read once.
//
// Launch: forward and backward any multiple of 32 threads up to 1024, one block per row at a time;
// backward grid = blocks = ceil(rows / rowsPerBlock); reduce 256 threads, grid ceil(cols / 32).
// Any rows and cols from 1 up, any alignment. The order of every sum depends on cols and the block
// size alone (partials: on rowsPerBlock too).

#include "block.cuh"
#include "column_sum.cuh"
#include "lanes.cuh"
#include "numeric.cuh"

namespace lockstep::layernorm {

template <class T>
__device__ __forceinline__ void forward(T* y, T* sum, float* mean, float* rstd, const T* x,
                                        const T* residual, const T* weight, const T* bias,
                                        i64 rows, i64 cols, float eps) {
  constexpr int N = Storage<T>::kLanes;
  __shared__ BlockScratch<1> sumScratch;
  __shared__ BlockScratch<2> momentScratch;
  const bool aligned = rowsAligned(cols * sizeof(T), y, sum, x, residual, weight, bias);
  const float columns = static_cast<float>(cols);
  for (i64 row = blockIdx.x; row < rows; row += gridDim.x) {
    const i64 start = row * cols;
    float total = 0.0f;
    forEachColumn<N>(cols, aligned, [&](auto access, i64 column) {
      const i64 at = start + column;
      auto s = access.load(x + at);
      if (residual) s = roundedSum<T>(s, access.load(residual + at));
      if (sum) access.store(sum + at, s);
      forEachLane(s, [&](int i) { total += s.lane[i]; });
    });
    const float center = blockSum(total, sumScratch) / columns;

    // A thread reads back the columns of sum that it wrote itself: sum may have overwritten x.
    const T* const again = sum ? sum : x;
    const T* const addend = sum ? nullptr : residual;
    const auto reload = [&](auto access, i64 at) {
      auto s = access.load(again + at);
      if (addend) s = roundedSum<T>(s, access.load(addend + at));
      return s;
    };
    float moments[2] = {0.0f, 0.0f};  // of s - center: first and second
    forEachColumn<N>(cols, aligned, [&](auto access, i64 column) {
      const auto s = reload(access, start + column);
      forEachLane(s, [&](int i) {
        const float d = s.lane[i] - center;
        moments[0] += d;
        moments[1] = fmaf(d, d, moments[1]);
      });
    });
    blockSum(moments, momentScratch);
    const float rest = moments[0] / columns;
    const float variance = fmaxf(moments[1] / columns - rest * rest, 0.0f);
    const float scale = reciprocalSqrt(variance + eps);
    if (threadIdx.x == 0) {
      mean[row] = center + rest;
      rstd[row] = scale;
    }

    forEachColumn<N>(cols, aligned, [&](auto access, i64 column) {
      const i64 at = start + column;
      auto s = reload(access, at);
      forEachLane(s, [&](int i) { s.lane[i] = (s.lane[i] - center - rest) * scale; });
      if (weight) s = product(s, access.load(weight + column));
      if (bias) s = lockstep::sum(s, access.load(bias + column));
      access.store(y + at, s);
    });
  }
}

template <class T>
__device__ __forceinline__ void backward(T* dx, float* partials, const T* dy, const T* dSum,
                                         const T* x, const T* weight, const float* mean,
                                         const float* rstd, i64 rows, i64 cols, i64 rowsPerBlock) {
  constexpr int N = Storage<T>::kLanes;
  __shared__ BlockScratch<3> scratch;
  const i64 first = blockIdx.x * rowsPerBlock;
  const i64 last = rows - first < rowsPerBlock ? rows : first + rowsPerBlock;
  const i64 blocks = gridDim.x;
  float* const weightPartial = partials ? partials + blockIdx.x * cols : nullptr;
  float* const biasPartial = partials ? partials + (blocks + blockIdx.x) * cols : nullptr;
  const bool aligned = rowsAligned(cols * sizeof(T), dx, partials, dy, dSum, x, weight);
  const float columns = static_cast<float>(cols);
  for (i64 row = first; row < last; row++) {
    const i64 start = row * cols;
    const float center = mean[row];
    const float scale = rstd[row];
    float sums[3] = {0.0f, 0.0f, 0.0f};  // of d = s - center, g and g * d
    forEachColumn<N>(cols, aligned, [&](auto access, i64 column) {
      const auto s = access.load(x + start + column);
      auto g = access.load(dy + start + column);
      if (weight) g = product(g, access.load(weight + column));
      forEachLane(s, [&](int i) {
        const float d = s.lane[i] - center;
        sums[0] += d;
        sums[1] += g.lane[i];
        sums[2] = fmaf(g.lane[i], d, sums[2]);
      });
    });
    blockSum(sums, scratch);
    const float rest = sums[0] / columns;
    const float gradientMean = sums[1] / columns;
    const float projection = (sums[2] - rest * sums[1]) * scale / columns;

    forEachColumn<N>(cols, aligned, [&](auto access, i64 column) {
      const i64 at = start + column;
      auto xhat = access.load(x + at);
      forEachLane(xhat, [&](int i) { xhat.lane[i] = (xhat.lane[i] - center - rest) * scale; });
      auto g = access.load(dy + at);
      if (partials) {
        accumulate(access, weightPartial + column, product(g, xhat), row == first);
        accumulate(access, biasPartial + column, g, row == first);
      }
      if (weight) g = product(g, access.load(weight + column));
      forEachLane(g, [&](int i) {
        g.lane[i] = scale * (fmaf(-xhat.lane[i], projection, g.lane[i]) - gradientMean);
      });
      if (dSum) g = lockstep::sum(g, access.load(dSum + at));
      access.store(dx + at, g);
    });
  }
}

}  // namespace lockstep::layernorm

#define LOCKSTEP_LAYERNORM(suffix, T)                                                           \
  extern "C" __global__ void layernorm_forward_##suffix(                                        \
      T* y, T* sum, float* mean, float* rstd, const T* x, const T* residual, const T* weight,   \
      const T* bias, lockstep::i64 rows, lockstep::i64 cols, float eps) {                       \
    lockstep::layernorm::forward(y, sum, mean, rstd, x, residual, weight, bias, rows, cols,     \
                                 eps);                                                          \
  }                                                                                             \
  extern "C" __global__ void layernorm_backward_##suffix(                                       \
      T* dx, float* partials, const T* dy, const T* dSum, const T* x, const T* weight,          \
      const float* mean, const float* rstd, lockstep::i64 rows, lockstep::i64 cols,             \
      lockstep::i64 rowsPerBlock) {                                                             \
    lockstep::layernorm::backward(dx, partials, dy, dSum, x, weight, mean, rstd, rows, cols,    \
                                  rowsPerBlock);                                                \
  }
LOCKSTEP_FOR_EACH_TYPE(LOCKSTEP_LAYERNORM)

extern "C" __global__ void layernorm_backward_reduce(float* dWeight, float* dBias,
                                                     const float* partials, lockstep::i64 blocks,
                                                     lockstep::i64 cols) {
  if (dWeight) lockstep::addColumnSums(dWeight, partials, blocks, cols);
  if (dBias) lockstep::addColumnSums(dBias, partials + blocks * cols, blocks, cols);
}
