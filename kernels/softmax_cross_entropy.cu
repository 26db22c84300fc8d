// Softmax cross-entropy with integer targets: the loss and its gradient in one kernel.
//
// Of row r with target t, and V = cols:
//   m = max x,  d = sum e^(x - m),  lse = m + ln d
//   loss = (1 - a) (lse - x_t) + a (lse - sum x / V) + zLoss lse^2        a = labelSmoothing
//   dloss/dx_j = p_j (1 + 2 zLoss lse) - (1 - a) [j = t] - a / V          p_j = e^(x_j - m) / d
//   dLogits = gradScale * rowGrad[r] * dloss/dx                           (rowGrad 1 when null)
//
// Fused: the loss costs no pass of its own, and the probabilities are never stored. One pass keeps
// a running maximum and rescales the running sum (online softmax), a second one writes gradients.
// The loss is ln d + (m - x_t), which stays exact for logits far from 0 and for a target hundreds
// below the maximum, where -ln p_t would be infinite.
//
//   losses [rows] = (fp32)   dLogits [rows, cols] = or null   lse [rows] = or null (fp32)
//   logits [rows, cols]      targets [rows]                   gradScale [1]
//   rowGrad [rows] or null   status [1] (lowest bad row)
//
// dLogits may be logits. A row whose target is ignoreIndex has loss 0 and gradient 0. A target
// outside [0, cols) that is not ignoreIndex gives NaN for both and is reported in status. Logits of
// -infinity have probability 0; a target of -infinity gives loss +infinity and a finite gradient;
// NaN, +infinity or nothing but -infinity in a row makes it NaN.
//
//   softmax_cross_entropy_scale    gradScale [1] = upstream / number of targets not ignored,
//                                  0 where that is 0
//   softmax_cross_entropy_reduce   loss [1] = sum of losses (mean = 0), or that over the number of
//                                  targets not ignored (mean = 1), NaN where that is 0
//
// Fewest bytes per element: 2 * sizeof(T) with the gradient, sizeof(T) without; these kernels read
// the logits a second time, from cache where the row fits.
//
// Launch: fused any multiple of 32 threads up to 1024, one block per row at a time; scale and
// reduce one block of 256. Any rows and cols from 1 up, any alignment.

#include "block.cuh"
#include "lanes.cuh"
#include "numeric.cuh"
#include "status.cuh"

namespace lockstep::cross_entropy {

constexpr int kReduceThreads = 256;

// x - origin(m) is never infinity minus infinity where m is the maximum of no finite value.
__device__ __forceinline__ float origin(float maximum) {
  return maximum == -INFINITY ? 0.0f : maximum;
}

// What one thread, then the block, knows of a row.
struct RowSums {
  float maximum = -INFINITY;
  float exponentials = 0.0f;  // sum of e^(x - maximum)
  float shifted = 0.0f;       // sum of x - shift, where labels are smoothed
};

template <class T>
__device__ __forceinline__ RowSums sumRow(const T* logits, i64 cols, bool aligned, bool smooth,
                                          float shift, BlockScratch<1>& scratch) {
  constexpr int N = Storage<T>::kLanes;
  RowSums own;
  forEachColumn<N>(cols, aligned, [&](auto access, i64 column) {
    const auto x = access.load(logits + column);
    float maximum = own.maximum;
    forEachLane(x, [&](int i) { maximum = fmaxf(maximum, x.lane[i]); });
    const float from = origin(maximum);
    own.exponentials *= expOfNonPositive(own.maximum - from);
    own.maximum = maximum;
    forEachLane(x, [&](int i) { own.exponentials += expOfNonPositive(x.lane[i] - from); });
    if (smooth) forEachLane(x, [&](int i) { own.shifted += x.lane[i] - shift; });
  });
  RowSums row;
  row.maximum = blockMax(own.maximum, scratch);
  const float rescaled = own.exponentials * expOfNonPositive(own.maximum - origin(row.maximum));
  row.exponentials = blockSum(rescaled, scratch);
  if (smooth) row.shifted = blockSum(own.shifted, scratch);
  return row;
}

template <class T>
__device__ __forceinline__ void fillRow(T* row, i64 cols, bool aligned, float value) {
  forEachColumn<Storage<T>::kLanes>(cols, aligned, [&](auto access, i64 column) {
    access.store(row + column, access.splat(value));
  });
}

template <class T>
__device__ __forceinline__ void fused(float* losses, T* dLogits, float* lse, const T* logits,
                                      const int* targets, const float* gradScale,
                                      const float* rowGrad, i64 rows, i64 cols, int ignoreIndex,
                                      float labelSmoothing, float zLoss, u64* status) {
  constexpr int N = Storage<T>::kLanes;
  __shared__ BlockScratch<1> scratch;
  const bool aligned = rowsAligned(cols * sizeof(T), dLogits, logits);
  const bool smooth = labelSmoothing != 0.0f;
  const float columns = static_cast<float>(cols);
  for (i64 row = blockIdx.x; row < rows; row += gridDim.x) {
    const i64 start = row * cols;
    const int target = targets[row];
    const bool ignored = target == ignoreIndex;
    const bool valid = target >= 0 && target < cols;
    if (ignored || !valid) {
      const float value = ignored ? 0.0f : __int_as_float(0x7fc00000);
      if (lse) {
        const RowSums sums = sumRow(logits + start, cols, aligned, false, 0.0f, scratch);
        if (threadIdx.x == 0) lse[row] = sums.maximum + logf(sums.exponentials);
      }
      if (threadIdx.x == 0) {
        losses[row] = value;
        if (!ignored) reportBadValue(status, row, target);
      }
      blockSync();  // dLogits may be logits, which other threads may still be reading
      if (dLogits) fillRow(dLogits + start, cols, aligned, value);
      continue;
    }

    // Every thread reads the target's logit here, before any thread may overwrite it: the
    // reductions in sumRow lie between.
    const float targetLogit = loadFloat(logits + start + target);
    const float shift = isfinite(targetLogit) ? targetLogit : 0.0f;
    const RowSums sums = sumRow(logits + start, cols, aligned, smooth, shift, scratch);
    const float logSum = logf(sums.exponentials);
    const float rowLse = sums.maximum + logSum;
    if (threadIdx.x == 0) {
      float loss = logSum + (sums.maximum - targetLogit);
      // (1 - a) (lse - x_t) + a (lse - mean x) = (lse - x_t) - a mean(x - x_t)
      if (smooth) loss -= labelSmoothing * (sums.shifted / columns);
      if (zLoss != 0.0f) loss = fmaf(zLoss * rowLse, rowLse, loss);
      losses[row] = loss;
      if (lse) lse[row] = rowLse;
    }
    if (!dLogits) continue;

    const float factor = rowGrad ? *gradScale * rowGrad[row] : *gradScale;
    const float from = origin(sums.maximum);
    const float zFactor = zLoss == 0.0f ? 1.0f : fmaf(2.0f * zLoss, rowLse, 1.0f);
    const float probabilityFactor = zFactor / sums.exponentials;
    const float everywhere = smooth ? labelSmoothing / columns : 0.0f;
    const float atTarget = 1.0f - labelSmoothing;
    forEachColumn<N>(cols, aligned, [&](auto access, i64 column) {
      auto x = access.load(logits + start + column);
      const i64 targetLane = target - column;
      forEachLane(x, [&](int i) {
        const float e = expOfNonPositive(x.lane[i] - from);
        float gradient = fmaf(e, probabilityFactor, -everywhere);
        if (i == targetLane) gradient -= atTarget;
        x.lane[i] = gradient * factor;
      });
      access.store(dLogits + start + column, x);
    });
  }
}

// Targets that are not ignored, counted by a block of 256; every thread receives the number.
__device__ __forceinline__ i64 countTargets(const int* targets, i64 rows, int ignoreIndex) {
  __shared__ i64 counts[kReduceThreads / kWarpSize];
  i64 own = 0;
  for (i64 row = threadIdx.x; row < rows; row += kReduceThreads) own += targets[row] != ignoreIndex;
#pragma unroll
  for (int step = kWarpSize / 2; step > 0; step /= 2) {
    own += __shfl_xor_sync(kAllLanes, own, step);
  }
  if (laneIndex() == 0) counts[warpIndex()] = own;
  __syncthreads();
  i64 count = 0;
#pragma unroll
  for (int warp = 0; warp < kReduceThreads / kWarpSize; warp++) count += counts[warp];
  return count;
}

}  // namespace lockstep::cross_entropy

#define LOCKSTEP_SOFTMAX_CROSS_ENTROPY(suffix, T)                                                 \
  extern "C" __global__ void softmax_cross_entropy_fused_##suffix(                                \
      float* losses, T* dLogits, float* lse, const T* logits, const int* targets,                 \
      const float* gradScale, const float* rowGrad, lockstep::i64 rows, lockstep::i64 cols,       \
      int ignoreIndex, float labelSmoothing, float zLoss, lockstep::u64* status) {                \
    lockstep::cross_entropy::fused(losses, dLogits, lse, logits, targets, gradScale, rowGrad,     \
                                   rows, cols, ignoreIndex, labelSmoothing, zLoss, status);       \
  }
LOCKSTEP_FOR_EACH_TYPE(LOCKSTEP_SOFTMAX_CROSS_ENTROPY)

extern "C" __global__ void softmax_cross_entropy_scale(float* gradScale, const int* targets,
                                                       const float* upstream, lockstep::i64 rows,
                                                       int ignoreIndex) {
  const lockstep::i64 count = lockstep::cross_entropy::countTargets(targets, rows, ignoreIndex);
  if (threadIdx.x == 0) *gradScale = count == 0 ? 0.0f : *upstream / static_cast<float>(count);
}

extern "C" __global__ void softmax_cross_entropy_reduce(float* loss, const float* losses,
                                                        const int* targets, lockstep::i64 rows,
                                                        int ignoreIndex, int mean) {
  using namespace lockstep;
  __shared__ BlockScratch<1> scratch;
  const i64 count = cross_entropy::countTargets(targets, rows, ignoreIndex);
  float own = 0.0f;
  for (i64 row = threadIdx.x; row < rows; row += cross_entropy::kReduceThreads) own += losses[row];
  const float sum = blockSum(own, scratch);
  if (threadIdx.x == 0) *loss = mean ? sum / static_cast<float>(count) : sum;
}
