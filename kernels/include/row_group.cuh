// Rows shared out over groups of threads, each thread holding kPacks vectors of its row in
// registers for as long as the row is worked on.
//
// block = (width, slots): width threads work on a row, slots rows are worked on at a time. width is
// 2, 4, 8 or 16, so that a warp holds several rows, or a multiple of 32, with slots 1 where it is
// more than 32. Thread l of a row owns its vectors l, l + width, l + 2 width, ... The order of
// every sum depends on width alone.
#pragma once

#include "warp.cuh"

namespace lockstep {

constexpr int kPacks = 4;

// Warps of the largest group, whose row is kMaxGroupColumns wide.
constexpr int kMaxGroupColumns = 8192;
template <int kLanes>
constexpr int kMaxGroupWarps = kMaxGroupColumns / (kPacks * kLanes * kWarpSize);

// Shared memory for the sums of groups of up to kMaxWarps warps. Two halves take turns, so that one
// barrier a sum is enough: who writes a half again has passed the barrier of the sum between, and
// so has everyone who read it. Aligned so that flipping one bit of an address leads to the other.
template <int kMaxWarps>
struct alignas(16 * kMaxWarps) GroupScratch {
  float partial[2][2][kMaxWarps];
};

// The value of the lane whose number differs in kBit: __shfl_xor_sync without moves between integer
// and floating-point registers.
template <int kBit>
__device__ __forceinline__ float across(float value) {
  float other;
  asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 0x1f, 0xffffffff;"
               : "=f"(other)
               : "f"(value), "n"(kBit));
  return other;
}

// The sum over 2 * kStep neighbouring lanes, in all of them with the same bits.
template <int kStep>
__device__ __forceinline__ float addLanes(float value) {
  value += across<kStep>(value);
  if constexpr (kStep > 1) value = addLanes<kStep / 2>(value);
  return value;
}

// The same value, of which the compiler no longer knows how it came about: it stays in a register
// instead of being worked out again for every row.
__device__ __forceinline__ u32 kept(u32 value) {
  asm volatile("" : "+r"(value));
  return value;
}

__device__ __forceinline__ i64 kept(i64 value) {
  asm volatile("" : "+l"(value));
  return value;
}

__device__ __forceinline__ float kept(float value) {
  asm volatile("" : "+f"(value));
  return value;
}

// An address in global memory.
template <class T>
__device__ __forceinline__ T* kept(T* address) {
  size_t global = __cvta_generic_to_global(address);
  asm volatile("" : "+l"(global));
  return static_cast<T*>(__cvta_global_to_generic(global));
}

template <int kMaxWarps>
class RowGroup {
 public:
  // All threads of the block must come here.
  __device__ __forceinline__ explicit RowGroup(GroupScratch<kMaxWarps>& scratch)
      : width_(blockDim.x) {
    const u32 address = static_cast<u32>(__cvta_generic_to_shared(&scratch));
    write_ = address + 4 * (warpIndex() + (laneIndex() & 16 ? kMaxWarps : 0));
    read_ = address + 4 * (laneIndex() & (kMaxWarps - 1));
    if (width_ > kWarpSize) {
      // Warps the group does not have count as zero.
      float* const all = &scratch.partial[0][0][0];
      for (u32 i = threadIdx.x; i < 4 * kMaxWarps; i += width_) all[i] = 0.0f;
      __syncthreads();
    }
  }

  __device__ __forceinline__ u32 lane() const { return threadIdx.x; }
  __device__ __forceinline__ u32 width() const { return width_; }

  // How many rows below this one the same warp holds: row - placeInWarp() is what all lanes of a
  // warp agree on.
  __device__ __forceinline__ u32 placeInWarp() const {
    if (width_ >= kWarpSize) return 0;
    return ((threadIdx.y * width_ + threadIdx.x) & (kWarpSize - 1)) / width_;
  }

  // The sum over the threads of the row, in all of them.
  __device__ __forceinline__ float sum(float value) {
    if (width_ < kWarpSize) return narrowSum(value);
    value = addLanes<16>(value);
    if (width_ > kWarpSize) {
      if (laneIndex() == 0) put(value);
      __syncthreads();
      value = addLanes<kMaxWarps / 2>(get(0));
      takeTurns();
    }
    return value;
  }

  // Two sums for little more than the price of one: after a step one half of the lanes carries a,
  // the other b.
  __device__ __forceinline__ void sum(float& a, float& b) {
    if (width_ < kWarpSize) {
      a = narrowSum(a);
      b = narrowSum(b);
      return;
    }
    const float own = addLanes<8>(halve<16>(a, b));
    if (width_ == kWarpSize) {
      spread<16>(own, a, b);
      return;
    }
    if ((laneIndex() & 15) == 0) put(own);
    __syncthreads();
    spread<kMaxWarps>(addLanes<kMaxWarps / 2>(get(4 * (laneIndex() & kMaxWarps))), a, b);
    takeTurns();
  }

 private:
  __device__ __forceinline__ float narrowSum(float value) const {
    if (width_ > 8) value += across<8>(value);
    if (width_ > 4) value += across<4>(value);
    if (width_ > 2) value += across<2>(value);
    return value + across<1>(value);
  }

  // a of two lanes whose numbers differ in kBit where that bit is 0, b of them where it is 1.
  template <int kBit>
  static __device__ __forceinline__ float halve(float a, float b) {
    const bool second = laneIndex() & kBit;
    return (second ? b : a) + across<kBit>(second ? a : b);
  }

  // The reverse: own is a where the bit is 0, b where it is 1.
  template <int kBit>
  static __device__ __forceinline__ void spread(float own, float& a, float& b) {
    const bool second = laneIndex() & kBit;
    const float other = across<kBit>(own);
    a = second ? other : own;
    b = second ? own : other;
  }

  __device__ __forceinline__ void put(float value) const {
    asm volatile("st.shared.f32 [%0], %1;" ::"r"(write_), "f"(value) : "memory");
  }

  __device__ __forceinline__ float get(u32 offset) const {
    float value;
    asm volatile("ld.shared.f32 %0, [%1];" : "=f"(value) : "r"(read_ + offset) : "memory");
    return value;
  }

  __device__ __forceinline__ void takeTurns() {
    write_ ^= 8 * kMaxWarps;
    read_ ^= 8 * kMaxWarps;
  }

  u32 width_;
  u32 write_;  // where the first lane of this warp puts a sum, lane 16 that of the second value
  u32 read_;   // where the sum of warp number lane lies
};

}  // namespace lockstep
