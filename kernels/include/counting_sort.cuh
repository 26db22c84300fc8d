// A stable sort of keys and their places by one digit of the key, to be repeated from the lowest
// digit to the highest. A stable order is unique, so the result depends neither on the number of
// blocks nor on who comes first; what warps add up are integers.
//
// Two launches for each digit, both of the same grid, each block owning consecutive keys:
// countDigits leaves how often each block has each digit; placeKeys turns that into the place of
// the block's first key of every digit and moves its keys there in their order.
#pragma once

#include "warp.cuh"

namespace lockstep::counting_sort {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / kWarpSize;
constexpr int kDigits = kThreads;  // at most eight bits at a time: a thread for each value
constexpr int kKeysPerLane = 4;
constexpr int kWarpKeys = kWarpSize * kKeysPerLane;
constexpr int kTile = kWarps * kWarpKeys;
constexpr int kDropped = -1;

struct Scratch {
  u32 counts[kWarps][kDigits];
  u32 warpTotals[kWarps];
};

// Which bits of a key are the digit.
struct Digit {
  int shift;
  int mask;
  __device__ __forceinline__ int of(int key) const { return key >> shift & mask; }
};

// The keys of a block: those from first on, below end.
struct Share {
  i64 first;
  i64 end;
  __device__ __forceinline__ Share(i64 count, i64 keysPerBlock)
      : first(blockIdx.x * keysPerBlock), end(min(count, first + keysPerBlock)) {}
};

__device__ __forceinline__ void clear(Scratch& scratch) {
#pragma unroll
  for (int warp = 0; warp < kWarps; warp++) scratch.counts[warp][threadIdx.x] = 0;
}

// The place of a lane's i-th key in a tile. Keys in the order of warp, i and lane are in the order
// of places.
__device__ __forceinline__ i64 placeInTile(i64 tile, int i) {
  return tile + warpIndex() * kWarpKeys + i * kWarpSize + laneIndex();
}

// Takes a tile's keys, counts the warp's into its row of counts, and gives each key the number of
// keys of its digit that the warp had before. keyAt(place) is the key, or kDropped.
template <class KeyAt>
__device__ __forceinline__ void rankTile(int (&key)[kKeysPerLane], u32 (&rank)[kKeysPerLane],
                                         Scratch& scratch, i64 tile, i64 end, Digit digit,
                                         KeyAt keyAt) {
  u32* const own = scratch.counts[warpIndex()];
  const u32 lower = (1u << laneIndex()) - 1;
#pragma unroll
  for (int i = 0; i < kKeysPerLane; i++) {
    const i64 place = placeInTile(tile, i);
    key[i] = place < end ? keyAt(place) : kDropped;
  }
#pragma unroll
  for (int i = 0; i < kKeysPerLane; i++) {
    const int value = key[i] == kDropped ? kDropped : digit.of(key[i]);
    const u32 alike = __match_any_sync(kAllLanes, value);
    const u32 before = value == kDropped ? 0 : own[value];
    const u32 ahead = __popc(alike & lower);
    rank[i] = before + ahead;
    __syncwarp();
    if (value != kDropped && ahead == 0) own[value] = before + __popc(alike);
    __syncwarp();
  }
}

// counts[block][digit] = how many keys of that digit the block owns.
template <class KeyAt>
__device__ __forceinline__ void countDigits(u32* counts, Scratch& scratch, Share share,
                                            Digit digit, KeyAt keyAt) {
  clear(scratch);
  __syncthreads();
  for (i64 tile = share.first; tile < share.end; tile += kTile) {
    int key[kKeysPerLane];
    u32 rank[kKeysPerLane];
    rankTile(key, rank, scratch, tile, share.end, digit, keyAt);
  }
  __syncthreads();
  u32 count = 0;
#pragma unroll
  for (int warp = 0; warp < kWarps; warp++) count += scratch.counts[warp][threadIdx.x];
  counts[static_cast<i64>(blockIdx.x) * kDigits + threadIdx.x] = count;
}

// The sum of value over the block's threads before this one.
__device__ __forceinline__ u32 sumOfEarlier(u32 value, Scratch& scratch) {
  u32 running = value;
#pragma unroll
  for (int step = 1; step < kWarpSize; step *= 2) {
    const u32 earlier = __shfl_up_sync(kAllLanes, running, step);
    if (laneIndex() >= step) running += earlier;
  }
  if (laneIndex() == kWarpSize - 1) scratch.warpTotals[warpIndex()] = running;
  __syncthreads();
  u32 before = running - value;
#pragma unroll
  for (int warp = 0; warp < kWarps; warp++) {
    if (warp < warpIndex()) before += scratch.warpTotals[warp];
  }
  return before;
}

// put(place, key, from): the key at place from belongs at place. total, unless null, receives the
// number of keys that were not dropped.
template <class KeyAt, class Put>
__device__ __forceinline__ void placeKeys(int* total, const u32* counts, Scratch& scratch,
                                          Share share, Digit digit, KeyAt keyAt, Put put) {
  // Thread d looks after digit d: keys of lower digits come first, then those of earlier blocks.
  u32 ofDigit = 0;
  u32 next = 0;
#pragma unroll 8
  for (u32 block = 0; block < gridDim.x; block++) {
    if (block == blockIdx.x) next = ofDigit;
    ofDigit += counts[static_cast<i64>(block) * kDigits + threadIdx.x];
  }
  const u32 ofLowerDigits = sumOfEarlier(ofDigit, scratch);
  next += ofLowerDigits;
  if (total && blockIdx.x == 0 && threadIdx.x == kDigits - 1) *total = ofLowerDigits + ofDigit;

  for (i64 tile = share.first; tile < share.end; tile += kTile) {
    int key[kKeysPerLane];
    u32 rank[kKeysPerLane];
    __syncthreads();  // the previous tile's counts may still be read
    clear(scratch);
    __syncthreads();
    rankTile(key, rank, scratch, tile, share.end, digit, keyAt);
    __syncthreads();
#pragma unroll
    for (int warp = 0; warp < kWarps; warp++) {
      const u32 count = scratch.counts[warp][threadIdx.x];
      scratch.counts[warp][threadIdx.x] = next;
      next += count;
    }
    __syncthreads();
#pragma unroll
    for (int i = 0; i < kKeysPerLane; i++) {
      if (key[i] == kDropped) continue;
      put(scratch.counts[warpIndex()][digit.of(key[i])] + rank[i], key[i], placeInTile(tile, i));
    }
  }
}

}  // namespace lockstep::counting_sort
