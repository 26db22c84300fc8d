// Rows at any address (kVectors false) and with all options (kOptions true): held in shared memory
// as far as they fit.
//
// A row is cut into slots of 16 bytes for each thread. Where rows do not start on 16 bytes the
// elements of a thread lie 32 columns apart instead of side by side, so that neighbouring lanes
// still have neighbours. The first keptSlots slots stay in shared memory, the others are read
// again. Each thread keeps a running maximum (online softmax), so that where a slot is held changes
// no bit.
#pragma once

#include "cross_entropy.cuh"

namespace lockstep::cross_entropy {

template <class T, bool kVectors, bool kOptions>
class RowInSharedMemory {
 public:
  static constexpr bool vectors = kVectors;

  __device__ __forceinline__ explicit RowInSharedMemory(const Arguments<T>& arguments)
      : a(arguments),
        cap(kOptions ? arguments.softCap : INFINITY),
        smooth(kOptions && arguments.labelSmoothing != 0.0f),
        slotCols(static_cast<int>(blockDim.x) * kLanes),
        first(warpIndex() * kWarpSize * kLanes + laneIndex() * (kVectors ? kLanes : 1)) {}

  __device__ __forceinline__ RowSums sum(i64 row, float shift, bool keep) const {
    const T* x = a.logits + row * a.pitch + first;
    RowSums sums;
    ShiftedExp exp(sums.maximum);
    float exponentials = 0.0f;  // so far, relative to exp
    float energy = 0.0f;        // likewise
    const auto addUp = [&] {
      const float correction = exp.correction();
      sums.exponentials = fmaf(exponentials, correction, sums.exponentials);
      sums.energy = fmaf(energy, correction, sums.energy);
      exponentials = 0.0f;
      energy = 0.0f;
    };
    Raw next = load(x, 0);
    int slot = 0;
#pragma unroll 1
    for (int start = 0; start < a.cols; start += slotCols, slot++) {
      const Raw raw = next;
      if (a.cols - start > slotCols) next = load(x, start + slotCols);
      if (keep && slot < a.keptSlots) *kept(slot) = raw;

      const float largest = Raw::Word::maximum(raw.maximum(Raw::Word::negativeInfinity()));
      if (largest > sums.largest) {
        addUp();
        sums.largest = largest;
        sums.prediction = kNoColumn;
        sums.moveTo(cap.valueAt(largest));
        exp = ShiftedExp(sums.maximum);
      }
      Pack<T> lanes = raw.unpack();
      if (kOptions && a.predictions && sums.prediction == kNoColumn) {
        sums.prediction = lowestColumn(lanes, start, sums.largest);
      }
      if (cap.caps()) {
#pragma unroll
        for (int i = 0; i < kLanes; i++) lanes.lane[i] = cap.at(lanes.lane[i]).value;
      }
      if (smooth) addSmoothed(sums, lanes, start, shift);
      float e[kLanes];
#pragma unroll
      for (int i = 0; i < kLanes; i++) {
        e[i] = exp(lanes.lane[i]);
        exponentials += e[i];
      }
      if (kOptions && a.entropies) {
        const float from = origin(sums.maximum);
#pragma unroll
        for (int i = 0; i < kLanes; i++) {
          // 0 times -infinity is 0 here.
          if (e[i] > 0.0f) energy = fmaf(e[i], lanes.lane[i] - from, energy);
        }
      }
    }
    addUp();
    return ofBlock(sums);
  }

  // Backwards, since what was read last is what a cache may still have.
  __device__ __forceinline__ void writeGradient(i64 row, const Gradient<kOptions>& gradient,
                                                int target, float targetLogit) const {
    const T* x = a.logits + row * a.pitch + first;
    T* dx = a.dLogits + row * a.pitch + first;
    const bool weighted = smooth && a.classWeights;
#pragma unroll 1
    for (int slot = (a.cols - 1) / slotCols; slot >= 0; slot--) {
      const int start = slot * slotCols;
      Raw raw;
      if (slot < a.keptSlots) {
        raw = *kept(slot);
      } else {
        raw = load(x, start);
      }
      Pack<T> lanes = raw.unpack();
      Pack<T> weights;
#pragma unroll
      for (int i = 0; i < kLanes; i++) weights.lane[i] = 1.0f;
      if (weighted) {
#pragma unroll
        for (int i = 0; i < kLanes; i++) {
          const int column = start + columnOf(i);
          if (column < a.cols) weights.lane[i] = a.classWeights[column];
        }
      }
#pragma unroll
      for (int i = 0; i < kLanes; i++) {
        lanes.lane[i] = gradient.of(lanes.lane[i], weights.lane[i]);
      }
      store(dx, start, Raw::pack(lanes));
    }
    // The thread that has written the target's column writes it again, which is cheaper than a
    // comparison for every column.
    const int at = target % slotCols - first;
    if (kVectors ? at >= 0 && at < kLanes
                 : at >= 0 && at < kWarpSize * kLanes && at % kWarpSize == 0) {
      const float weight = weighted ? a.classWeights[target] : 1.0f;
      storeFloat(dx - first + target, gradient.ofTarget(targetLogit, weight));
    }
  }

 private:
  using Raw = RawVector<T>;
  static constexpr int kLanes = Storage<T>::kLanes;
  static constexpr int kStep = kVectors ? 1 : kWarpSize;

  // Of this thread's element i, counted from the start of the slot.
  __device__ __forceinline__ int columnOf(int i) const { return first + i * kStep; }

  // x and dx point to column first of the row. Columns that are not the row's are -infinity.
  __device__ __forceinline__ Raw load(const T* x, int start) const {
    const int left = a.cols - start;
    const T* from = x + start;
    const auto nothing = Raw::Word::negativeInfinity();
    if constexpr (kVectors) {
      if (left >= slotCols) return Raw::load(from);
      if (left <= first) return Raw::splat(nothing);
      return Raw::load(from).keepFirst(left - first, nothing);
    } else {
      if (left >= slotCols) return Raw::gather(from, kStep);
      return Raw::gatherSome(from, kStep, left - first, nothing);
    }
  }

  // Where the row ends within a vector, the rest of that vector becomes 0.
  __device__ __forceinline__ void store(T* dx, int start, const Raw& raw) const {
    const int left = a.cols - start;
    T* to = dx + start;
    if constexpr (kVectors) {
      if (left >= slotCols) {
        raw.store(to);
      } else if (left > first) {
        raw.keepFirst(left - first, 0).store(to);
      }
    } else if (left >= slotCols) {
      raw.scatter(to, kStep);
    } else {
      raw.scatterSome(to, kStep, left - first);
    }
  }

  __device__ __forceinline__ int lowestColumn(const Pack<T>& lanes, int start,
                                              float value) const {
    int lowest = kNoColumn;
#pragma unroll
    for (int i = kLanes - 1; i >= 0; i--) {
      const int column = start + columnOf(i);
      if (lanes.lane[i] == value && column < a.cols) lowest = column;
    }
    return lowest;
  }

  __device__ __forceinline__ void addSmoothed(RowSums& sums, const Pack<T>& lanes, int start,
                                              float shift) const {
    if (!a.classWeights && a.cols - start >= slotCols) {
#pragma unroll
      for (int i = 0; i < kLanes; i++) sums.shifted += lanes.lane[i] - shift;
      return;
    }
#pragma unroll
    for (int i = 0; i < kLanes; i++) {
      const int column = start + columnOf(i);
      if (column >= a.cols) continue;
      const float weight = a.classWeights ? a.classWeights[column] : 1.0f;
      sums.weights += weight;
      sums.shifted = fmaf(weight, lanes.lane[i] - shift, sums.shifted);
    }
  }

  // From what each thread has to what the row has.
  __device__ __forceinline__ RowSums ofBlock(RowSums sums) const {
    __shared__ BlockScratch<1> one;
    const float own = sums.largest;
    sums.largest = blockMax(own, one);
    sums.moveTo(cap.valueAt(sums.largest));
    if constexpr (!kOptions) {
      sums.exponentials = blockSum(sums.exponentials, one);
    } else {
      if (a.predictions) {
        sums.prediction = blockMin(own == sums.largest ? sums.prediction : kNoColumn, one);
      }
      __shared__ BlockScratch<4> four;
      float values[4] = {sums.exponentials, sums.energy, sums.shifted, sums.weights};
      blockSum(values, four);
      sums.exponentials = values[0];
      sums.energy = values[1];
      sums.shifted = values[2];
      sums.weights = values[3];
    }
    return sums;
  }

  __device__ __forceinline__ Raw* kept(int slot) const {
    extern __shared__ uint4 keptVectors[];
    return reinterpret_cast<Raw*>(keptVectors) + slot * static_cast<int>(blockDim.x) + threadIdx.x;
  }

  const Arguments<T>& a;
  const SoftCap cap;
  const bool smooth;
  const int slotCols;
  const int first;  // this thread's first column in the first slot
};

}  // namespace lockstep::cross_entropy
