// Rows that start on 16 bytes, without options: held in registers as far as they fit.
//
// A row is cut into tiles. In each, every warp has a part of kSlots * 32 neighbouring vectors of 16
// bytes, lane l the vectors l, 32 + l, 64 + l, ..., one for each of its slots: the addresses of a
// thread are one register plus constants, and who has which column depends on the number of warps
// alone. The last tile stays in registers; those before it go to shared memory, keptSlots vectors
// of each thread; what lies between is read again.
//
// The maximum comes before the sum, tile by tile (online softmax), so that where a vector is held
// changes no bit.
#pragma once

#include "cross_entropy.cuh"

#include <utility>

namespace lockstep::cross_entropy {

template <class T>
class RowInRegisters {
 public:
  static constexpr bool vectors = true;

  __device__ __forceinline__ explicit RowInRegisters(const Arguments<T>& arguments)
      : a(arguments), tileCols(static_cast<int>(blockDim.x / kWarpSize) * kPartCols) {}

  __device__ __forceinline__ RowSums sum(i64 row, float, bool keep) {
    __shared__ BlockScratch<1> scratch;
    RowSums sums;
    moveTo(0, 0);
    for (;;) {
      load(row);
      sums.largest = fmaxf(sums.largest, largestOfTile());
      const bool last = a.cols - tile <= tileCols;
      if (last) sums.largest = blockMax(sums.largest, scratch);
      addTile(sums);
      if (last) break;
      if (keep) keepTile();
      moveTo(tile + tileCols, tileSlots + kSlots);
    }
    sums.exponentials = blockSum(sums.exponentials, scratch);
    return sums;
  }

  // The last tile is in raw; tile by tile from there.
  __device__ __forceinline__ void writeGradient(i64 row, const Gradient<false>& gradient,
                                                int target, float targetLogit) {
    for (;;) {
      forEachSlot([&](int slot) {
        Pack<T> lanes = raw[slot].unpack();
#pragma unroll
        for (int i = 0; i < kLanes; i++) lanes.lane[i] = gradient.of(lanes.lane[i], 1.0f);
        raw[slot] = Raw::pack(lanes);
      });
      store(row);
      // The thread that has just written the target's column writes it again, which is cheaper
      // than a comparison for every column.
      const u32 at = target - part;
      if (at < kPartCols && at % kSlotCols / kLanes == laneIndex()) {
        storeFloat(a.dLogits + row * a.pitch + target, gradient.ofTarget(targetLogit, 1.0f));
      }
      if (tile == 0) break;
      moveTo(tile - tileCols, tileSlots - kSlots);
      loadAgain(row);
    }
  }

 private:
  using Raw = RawVector<T>;
  static constexpr int kLanes = Storage<T>::kLanes;
  static constexpr int kSlots = 16;
  static constexpr int kSlotCols = kWarpSize * kLanes;
  static constexpr int kPartCols = kSlots * kSlotCols;

  // Turns to a tile.
  __device__ __forceinline__ void moveTo(int newTile, int newTileSlots) {
    tile = newTile;
    tileSlots = newTileSlots;
    part = tile + warpIndex() * kPartCols;
    partCols = max(0, min(a.cols - part, kPartCols));
  }

  // f(slot) for the slots that have columns of the row, and up to as many that have none and hold
  // -infinity: a check for every slot would be one for eight elements.
  template <class F>
  __device__ __forceinline__ void forEachSlot(F f) const {
    slots<0, 1>(f);
    slots<1, 2>(f);
    slots<2, 4>(f);
    slots<4, 8>(f);
    slots<8, 16>(f);
  }

  template <int kFrom, int kTo, class F>
  __device__ __forceinline__ void slots(F f) const {
    if (partCols <= kFrom * kSlotCols) return;
#pragma unroll
    for (int slot = kFrom; slot < kTo; slot++) f(slot);
  }

  // The first column of this thread in the row.
  __device__ __forceinline__ i64 first(i64 row) const {
    return row * a.pitch + part + laneIndex() * kLanes;
  }

  // How many columns of the row are left from this thread's first in a slot on.
  __device__ __forceinline__ int left(int slot) const {
    return partCols - slot * kSlotCols - laneIndex() * kLanes;
  }

  __device__ __forceinline__ void load(i64 row) {
    const T* from = a.logits + first(row);
    if (partCols == kPartCols) {
#pragma unroll
      for (int slot = 0; slot < kSlots; slot++) {
        raw[slot] = Raw::load(from + slot * kSlotCols);
      }
      return;
    }
#pragma unroll
    for (int slot = 0; slot < kSlots; slot++) {
      raw[slot] = Raw::splat(Raw::Word::negativeInfinity());
      if (left(slot) > 0) raw[slot] = Raw::load(from + slot * kSlotCols);
    }
    if (a.cols % kLanes != 0) endRow(Raw::Word::negativeInfinity());
  }

  // Puts something else in place of what lies beyond the row in the vector in which it ends.
  __device__ __forceinline__ void endRow(typename Raw::Bits instead) {
    const int count = left(0) % kSlotCols;
    const int end = left(0) / kSlotCols;
    if (left(0) < 0 || count >= kLanes) return;
    Raw vector;
#pragma unroll
    for (int slot = 0; slot < kSlots; slot++) {
      if (slot == end) vector = raw[slot];
    }
    vector = vector.keepFirst(count, instead);
#pragma unroll
    for (int slot = 0; slot < kSlots; slot++) {
      if (slot == end) raw[slot] = vector;
    }
  }

  __device__ __forceinline__ void store(i64 row) {
    if (a.cols % kLanes != 0 && partCols < kPartCols) endRow(0);
    storeSlots(a.dLogits + first(row), std::make_integer_sequence<int, kSlots>());
  }

  template <int... kSlot>
  __device__ __forceinline__ void storeSlots(T* to, std::integer_sequence<int, kSlot...>) const {
    constexpr int kBytes = kSlotCols * sizeof(T);
    if (partCols == kPartCols) {
      (raw[kSlot].template store<kSlot * kBytes>(to), ...);
    } else {
      ((left(kSlot) > 0 ? raw[kSlot].template store<kSlot * kBytes>(to) : void()), ...);
    }
  }

  __device__ __forceinline__ float largestOfTile() const {
    typename Raw::Bits largest = Raw::Word::negativeInfinity();
    forEachSlot([&](int slot) { largest = raw[slot].maximum(largest); });
    return Raw::Word::maximum(largest);
  }

  __device__ __forceinline__ void addTile(RowSums& sums) const {
    sums.moveTo(sums.largest);
    const ShiftedExp exp(sums.maximum);
    float added[2] = {};
    forEachSlot([&](int slot) {
      const Pack<T> lanes = raw[slot].unpack();
#pragma unroll
      for (int i = 0; i < kLanes; i++) added[i % 2] += exp(lanes.lane[i]);
    });
    sums.exponentials = fmaf(added[0] + added[1], exp.correction(), sums.exponentials);
  }

  // Where this thread keeps the vector of a slot of the tile.
  __device__ __forceinline__ Raw* kept(int slot) const {
    extern __shared__ uint4 keptVectors[];
    const int width = static_cast<int>(blockDim.x);
    return reinterpret_cast<Raw*>(keptVectors) + (tileSlots + slot) * width + threadIdx.x;
  }

  __device__ __forceinline__ void keepTile() const {
#pragma unroll
    for (int slot = 0; slot < kSlots; slot++) {
      if (tileSlots + slot < a.keptSlots) *kept(slot) = raw[slot];
    }
  }

  // A tile before the last, in which no row ends.
  __device__ __forceinline__ void loadAgain(i64 row) {
    const T* from = a.logits + first(row);
#pragma unroll
    for (int slot = 0; slot < kSlots; slot++) {
      raw[slot] = tileSlots + slot < a.keptSlots
                      ? *kept(slot)
                      : Raw::load(from + slot * kSlotCols);
    }
  }

  const Arguments<T>& a;
  int tileCols;

  // The tile at work.
  Raw raw[kSlots];  // this thread's vectors
  int tile;           // its first column
  int tileSlots;      // how many slots the tiles before it have
  int part;           // the first column of this warp's part
  int partCols;       // how many columns of that lie in the row
};

}  // namespace lockstep::cross_entropy
