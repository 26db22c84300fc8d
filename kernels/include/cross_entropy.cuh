// What the kernels of softmax_cross_entropy.cu share: a row's loss, and what its gradient is made
// of. How a row is read, held and written is theirs.
#pragma once

#include "block.cuh"
#include "lanes.cuh"
#include "raw_vector.cuh"
#include "softmax.cuh"
#include "status.cuh"

namespace lockstep::cross_entropy {

constexpr int kNoColumn = 0x7fffffff;

template <class T>
struct Arguments {
  float* losses;
  T* dLogits;
  float* lse;
  int* predictions;
  float* entropies;
  const T* logits;
  const int* targets;
  const float* classWeights;
  const float* gradScale;
  const float* rowGrad;
  i64 rows;
  int cols;
  i64 pitch;
  int ignoreIndex;
  float labelSmoothing;
  float zLoss;
  float softCap;
  int keptSlots;
  i64 firstRow;  // of these rows in their batch, for reports
  u64* status;
};

// What a row's columns come to. The last four are of interest to some options only.
struct RowSums : SoftmaxSums {
  float largest = -INFINITY;   // the largest logit, not capped
  int prediction = kNoColumn;  // its lowest column
  float shifted = 0.0f;        // sum of w (x - shift)
  float weights = 0.0f;        // sum of w
};

// dloss/dy of a column, times what is upstream; weight is the column's class weight.
template <bool kOptions>
struct Gradient {
  ShiftedExp exp;
  SoftCap cap;
  float ofExp;
  float ofWeight;
  float atTarget;

  __device__ __forceinline__ float of(float logit, float weight) const {
    if constexpr (!kOptions) return exp(logit) * ofExp;
    if (!cap.caps()) return fmaf(exp(logit), ofExp, -ofWeight * weight);
    const SoftCap::Curve curve = cap.at(logit);
    return fmaf(exp(curve.value), ofExp, -ofWeight * weight) * curve.slope;
  }

  __device__ __forceinline__ float ofTarget(float logit, float weight) const {
    const SoftCap::Curve curve = cap.caps() ? cap.at(logit) : SoftCap::Curve{logit, 1.0f};
    return (fmaf(exp(curve.value), ofExp, -ofWeight * weight) - atTarget) * curve.slope;
  }
};

// dLogits of a row that has none: value in all columns, 0 in the padding.
template <class T>
__device__ __forceinline__ void fillRow(const Arguments<T>& a, i64 row, bool vectors, float value) {
  T* to = a.dLogits + row * a.pitch;
  forEachColumn<Storage<T>::kLanes>(a.pitch, vectors, [&](auto access, i64 column) {
    auto lanes = access.splat(value);
    forEachLane(lanes, [&](int i) {
      if (column + i >= a.cols) lanes.lane[i] = 0.0f;
    });
    access.store(to + column, lanes);
  });
}

// Zeros in the columns from cols on that are not in a vector with one before.
template <class T>
__device__ __forceinline__ void clearPadding(const Arguments<T>& a, i64 row, bool vectors) {
  constexpr int N = Storage<T>::kLanes;
  const i64 first = vectors ? (a.cols + (N - 1LL)) / N * N : a.cols;
  T* to = a.dLogits + row * a.pitch + first;
  forEachColumn<N>(a.pitch - first, vectors, [&](auto access, i64 column) {
    access.store(to + column, access.splat(0.0f));
  });
}

// What is asked for of every row.
template <bool kOptions, class T>
__device__ __forceinline__ void writeStatistics(const Arguments<T>& a, i64 row,
                                                const RowSums& sums) {
  if (threadIdx.x != 0) return;
  const float logSum = logf(sums.exponentials);
  if (a.lse) a.lse[row] = sums.maximum + logSum;
  if constexpr (kOptions) {
    if (a.predictions) a.predictions[row] = sums.prediction == kNoColumn ? -1 : sums.prediction;
    if (a.entropies) a.entropies[row] = logSum - sums.energy / sums.exponentials;
  }
}

// A row, by a block. work holds it:
//   RowSums sum(row, shift, keep)           keep: its gradient will be asked for
//   void writeGradient(row, gradient, target, targetLogit)
//   vectors                                 whether rows start on 16 bytes
template <bool kOptions, class T, class Work>
__device__ __forceinline__ void processRow(const Arguments<T>& a, Work& work, i64 row) {
  const int target = a.targets[row];
  const bool ignored = target == a.ignoreIndex;
  const bool counts = !ignored && target >= 0 && target < a.cols;
  const SoftCap cap(kOptions ? a.softCap : INFINITY);
  // Every thread reads the target's logit here, before any thread may overwrite it: the
  // reductions in sum lie between.
  const float targetLogit = counts ? loadFloat(a.logits + row * a.pitch + target) : 0.0f;
  const float targetValue = cap.valueAt(targetLogit);
  RowSums sums;
  if (counts || a.lse || (kOptions && (a.predictions || a.entropies))) {
    const float shift = isfinite(targetValue) ? targetValue : 0.0f;
    sums = work.sum(row, shift, counts && a.dLogits);
    writeStatistics<kOptions>(a, row, sums);
  }
  if (!counts) {
    const float value = ignored ? 0.0f : __int_as_float(0x7fc00000);
    if (threadIdx.x == 0) {
      a.losses[row] = value;
      if (!ignored) reportBadValue(a.status, a.firstRow + row, target);
    }
    if (a.dLogits) fillRow(a, row, work.vectors, value);
    return;
  }

  const bool smooth = kOptions && a.labelSmoothing != 0.0f;
  const float weight = kOptions && a.classWeights ? a.classWeights[target] : 1.0f;
  const float everywhere = smooth ? a.labelSmoothing / static_cast<float>(a.cols) : 0.0f;
  const float rest = 1.0f - (kOptions ? a.labelSmoothing : 0.0f);
  const float lseFactor =
      kOptions && a.classWeights ? fmaf(everywhere, sums.weights, rest * weight) : 1.0f;
  float zFactor = 0.0f;  // z lse
  if (threadIdx.x == 0 || a.zLoss != 0.0f) {
    const float logSum = logf(sums.exponentials);
    const float lse = sums.maximum + logSum;
    float loss = lseFactor * (logSum + (sums.maximum - targetValue));
    if (smooth) loss = fmaf(-everywhere, sums.shifted, loss);
    if (a.zLoss != 0.0f) {
      zFactor = a.zLoss * lse;
      loss = fmaf(zFactor, lse, loss);
    }
    if (threadIdx.x == 0) a.losses[row] = loss;
  }
  if (!a.dLogits) return;

  const float upstream = a.rowGrad ? *a.gradScale * a.rowGrad[row] : *a.gradScale;
  const ShiftedExp exp(sums.maximum);
  const float ofExp = fmaf(2.0f, zFactor, lseFactor) * exp.correction() / sums.exponentials;
  const Gradient<kOptions> gradient{exp, cap, upstream * ofExp,
                                    smooth ? upstream * everywhere : 0.0f,
                                    upstream * (rest * weight)};
  work.writeGradient(row, gradient, target, targetLogit);
  if (a.pitch != a.cols) clearPadding(a, row, work.vectors);
}

// The last rows first: they are what the kernel that wrote the logits has left in the cache.
template <bool kOptions, class Work, class T>
__device__ __forceinline__ void processRows(const Arguments<T>& a) {
  Work work(a);
  for (i64 at = blockIdx.x; at < a.rows; at += gridDim.x) {
    processRow<kOptions>(a, work, a.rows - 1 - at);
  }
}

}  // namespace lockstep::cross_entropy
