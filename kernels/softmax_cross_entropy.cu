// Softmax cross-entropy with integer targets: the loss and its gradient in one kernel.
//
// Of row r with target t, V = cols, x the logits, capped where softCap is finite:
//   m = max x,  d = sum e^(x - m),  lse = m + ln d,  p_j = e^(x_j - m) / d
//   loss = (1 - a) w_t (lse - x_t) + (a / V) sum_j w_j (lse - x_j) + z lse^2
//   dloss/dx_j = p_j (A + 2 z lse) - (1 - a) w_t [j = t] - (a / V) w_j
//     with a = labelSmoothing, z = zLoss, w = classWeights (1 when null),
//     A = (1 - a) w_t + (a / V) sum_j w_j
//   capped: x = c tanh(y / c) of the logit y, dloss/dy = dloss/dx (1 - tanh^2)
//   dLogits = gradScale * rowGrad[r] * dloss/dy                           (rowGrad 1 when null)
//
// Fused: the loss costs no pass of its own, and the probabilities are never stored. As much of the
// row as fits stays on chip: its last tile in registers as it was read (fused alone), 16 bytes a
// register quadruple; before that keptSlots * 16 bytes per thread in shared memory; what lies
// between is read again. The maximum comes first and the sum after it, tile by tile (online
// softmax), so a row has the same bits wherever it is held. The loss is ln d + (m - x_t), exact for
// logits far from 0 and for a target hundreds below the maximum, where -ln p_t would be infinite.
//
//   losses [rows] = (fp32)         dLogits [rows, pitch] = or null     lse [rows] = or null (fp32)
//   predictions [rows] = or null   entropies [rows] = or null (fp32)
//   logits [rows, pitch], only the first cols count; the others get gradient 0
//   targets [rows]                 classWeights [cols] or null         gradScale [1]
//   rowGrad [rows] or null         status [1] (lowest bad row, firstRow being that of row 0)
//
// dLogits may be logits. A row whose target is ignoreIndex has loss 0 and gradient 0. A target
// outside [0, cols) that is not ignoreIndex gives NaN for both and is reported in status. lse,
// predictions (lowest column of the largest logit, -1 in a row of NaN) and entropies
// (-sum p ln p) are of every row. Logits of -infinity have probability 0, capped or not; a target
// of -infinity gives loss +infinity and a finite gradient; NaN, +infinity not capped or nothing
// but -infinity in a row makes it NaN.
//
//   softmax_cross_entropy_fused_T     no smoothing, weights, cap, predictions or entropies; rows
//                                     start on 16 bytes
//   softmax_cross_entropy_unaligned_T the same for rows at any address
//   softmax_cross_entropy_general_T   everything, at any address; last bits may differ between the
//                                     three, which add up a row in orders of their own
//   softmax_cross_entropy_scale       gradScale [1] = upstream / sum of w_t over the targets not
//                                     ignored, 0 where there is none
//   softmax_cross_entropy_reduce      loss [1] = sum of losses (mean = 0), or that over the sum of
//                                     w_t (mean = 1), NaN where all targets are ignored
//   softmax_cross_entropy_accuracy    accuracy [1] = share of the targets not ignored that are the
//                                     row's prediction, NaN where all are ignored
//
// Fewest bytes per element: 2 * sizeof(T) with the gradient, sizeof(T) without.
//
// Launch: a multiple of 32 threads up to 1024 (fused: 512), with at least keptSlots * 16 bytes of
// dynamic shared memory per thread, one block per row at a time; scale, reduce and accuracy one
// block of 256. Any rows and cols from 1 up.

#include "cross_entropy_general.cuh"
#include "cross_entropy_registers.cuh"

namespace lockstep::cross_entropy {

constexpr int kReduceThreads = 256;

// Adds up f(row) over the rows whose target counts, by a block of 256; every thread receives it.
template <class Number, class F>
__device__ __forceinline__ Number sumCounted(const int* targets, i64 rows, int ignoreIndex, F f) {
  __shared__ Number partial[kReduceThreads / kWarpSize];
  Number own = 0;
  for (i64 row = threadIdx.x; row < rows; row += kReduceThreads) {
    if (targets[row] != ignoreIndex) own += f(row);
  }
#pragma unroll
  for (int step = kWarpSize / 2; step > 0; step /= 2) {
    own += __shfl_xor_sync(kAllLanes, own, step);
  }
  __syncthreads();  // the previous sum may still be being read
  if (laneIndex() == 0) partial[warpIndex()] = own;
  __syncthreads();
  Number sum = 0;
#pragma unroll
  for (int warp = 0; warp < kReduceThreads / kWarpSize; warp++) sum += partial[warp];
  return sum;
}

// The number of targets that count, or the sum of their weights; 0 where none does. A target that
// is no column, which makes the loss NaN elsewhere, weighs 1.
__device__ __forceinline__ float weightOfTargets(const int* targets, const float* classWeights,
                                                 i64 rows, int cols, int ignoreIndex) {
  if (!classWeights) {
    return static_cast<float>(
        sumCounted<i64>(targets, rows, ignoreIndex, [](i64) { return i64{1}; }));
  }
  return sumCounted<float>(targets, rows, ignoreIndex, [&](i64 row) {
    const int target = targets[row];
    return target >= 0 && target < cols ? classWeights[target] : 1.0f;
  });
}

}  // namespace lockstep::cross_entropy

#define LOCKSTEP_ENTRY(threads) extern "C" __global__ void __launch_bounds__(threads)

#define LOCKSTEP_PLAIN(name, threads, T, Row)                                                     \
  LOCKSTEP_ENTRY(threads)                                                                         \
  name(float* losses, T* dLogits, float* lse, const T* logits, const int* targets,                \
       const float* gradScale, const float* rowGrad, lockstep::i64 rows, int cols,                \
       lockstep::i64 pitch, int ignoreIndex, float zLoss, int keptSlots, lockstep::i64 firstRow,  \
       lockstep::u64* status) {                                                                   \
    using namespace lockstep::cross_entropy;                                                      \
    const Arguments<T> a = {losses, dLogits, lse,         nullptr, nullptr, logits,    targets,   \
                            nullptr, gradScale, rowGrad,  rows,    cols,    pitch, ignoreIndex,   \
                            0.0f,   zLoss,   INFINITY,    keptSlots, firstRow, status};           \
    processRows<false, Row>(a);                                                                   \
  }

#define LOCKSTEP_SOFTMAX_CROSS_ENTROPY(suffix, T)                                                 \
  LOCKSTEP_PLAIN(softmax_cross_entropy_fused_##suffix, 512, T, RowInRegisters<T>)                 \
  LOCKSTEP_PLAIN(softmax_cross_entropy_unaligned_##suffix, 1024, T,                               \
                 LOCKSTEP_ARGUMENT(RowInSharedMemory<T, false, false>))                           \
  LOCKSTEP_ENTRY(1024)                                                                            \
  softmax_cross_entropy_general_##suffix(                                                         \
      float* losses, T* dLogits, float* lse, int* predictions, float* entropies, const T* logits, \
      const int* targets, const float* classWeights, const float* gradScale,                      \
      const float* rowGrad, lockstep::i64 rows, int cols, lockstep::i64 pitch, int ignoreIndex,   \
      float labelSmoothing, float zLoss, float softCap, int keptSlots, lockstep::i64 firstRow,    \
      lockstep::u64* status) {                                                                    \
    using namespace lockstep::cross_entropy;                                                      \
    const Arguments<T> a = {losses,  dLogits, lse,         predictions,    entropies,             \
                            logits,  targets, classWeights, gradScale,     rowGrad,               \
                            rows,    cols,    pitch,       ignoreIndex,    labelSmoothing,        \
                            zLoss,   softCap, keptSlots,   firstRow,       status};               \
    if (lockstep::rowsAligned(pitch * sizeof(T), dLogits, logits)) {                              \
      processRows<true, RowInSharedMemory<T, true, true>>(a);                                     \
    } else {                                                                                      \
      processRows<true, RowInSharedMemory<T, false, true>>(a);                                    \
    }                                                                                             \
  }
#define LOCKSTEP_ARGUMENT(...) __VA_ARGS__
LOCKSTEP_FOR_EACH_TYPE(LOCKSTEP_SOFTMAX_CROSS_ENTROPY)

extern "C" __global__ void softmax_cross_entropy_scale(float* gradScale, const int* targets,
                                                       const float* classWeights,
                                                       const float* upstream, lockstep::i64 rows,
                                                       int cols, int ignoreIndex) {
  using namespace lockstep::cross_entropy;
  const float weight = weightOfTargets(targets, classWeights, rows, cols, ignoreIndex);
  if (threadIdx.x == 0) *gradScale = weight == 0.0f ? 0.0f : *upstream / weight;
}

extern "C" __global__ void softmax_cross_entropy_reduce(float* loss, const float* losses,
                                                        const int* targets,
                                                        const float* classWeights,
                                                        lockstep::i64 rows, int cols,
                                                        int ignoreIndex, int mean) {
  using namespace lockstep::cross_entropy;
  const float sum = sumCounted<float>(targets, rows, ignoreIndex,
                                      [&](lockstep::i64 row) { return losses[row]; });
  const float weight =
      mean ? weightOfTargets(targets, classWeights, rows, cols, ignoreIndex) : 1.0f;
  if (threadIdx.x == 0) *loss = sum / weight;
}

extern "C" __global__ void softmax_cross_entropy_accuracy(float* accuracy, const int* predictions,
                                                          const int* targets, lockstep::i64 rows,
                                                          int ignoreIndex) {
  using namespace lockstep;
  const i64 correct = cross_entropy::sumCounted<i64>(
      targets, rows, ignoreIndex, [&](i64 row) { return i64{predictions[row] == targets[row]}; });
  const float count = cross_entropy::weightOfTargets(targets, nullptr, rows, 0, ignoreIndex);
  if (threadIdx.x == 0) *accuracy = static_cast<float>(correct) / count;
}
