// How results leave the registers for global memory without waiting for others of the block, 16 bytes
// or a sector of a quad at a time.
#pragma once

#include <utility>

#include "gemm_slices.cuh"
#include "mma.cuh"

namespace lockstep {

// Sixteen bytes of T.
template <class T, int N>
__device__ __forceinline__ uint4 packed(const Lanes<N>& value) {
  static_assert(N == Pack<T>::kLanes, "16 bytes of T");
  Pack<T> pack;
#pragma unroll
  for (int i = 0; i < N; i++) pack.lane[i] = value.lane[i];
  return pack.pack();
}

// Stores them; written out, since the compiler takes some of these stores apart.
template <int kOffset>
__device__ __forceinline__ void storeGlobal(i64 address, uint4 words) {
  asm volatile("st.global.v4.u32 [%0+%5], {%1, %2, %3, %4};" ::"l"(address), "r"(words.x),
               "r"(words.y), "r"(words.z), "r"(words.w), "n"(kOffset)
               : "memory");
}

template <class T>
__device__ __forceinline__ void storeWords(T* address, uint4 words) {
  storeGlobal<0>(static_cast<i64>(__cvta_generic_to_global(address)), words);
}

// Rounds and stores what threads hold in their registers, from their first result on.
template <class Tile, class Engine, class T>
__device__ __forceinline__ void storeRegisters(const Engine& engine, T* target, i64 columns) {
  const i64 step = columns * static_cast<i64>(sizeof(T));
  i64 at = static_cast<i64>(__cvta_generic_to_global(target));
  u32 done = 0;
#pragma unroll
  for (int slice = 0; slice < static_cast<int>(ResultSlice<Tile>::kSlices); slice++) {
    engine.forEach(0, slice, [&](u32 rows, u32 columnsOn, const auto& lanes) {
      const u32 row = 16 * slice + rows;
      if (row != done) at = pinned(at + (row - done) * step);
      done = row;
      if (columnsOn == 0) {
        storeGlobal<0>(at, packed<T>(lanes));
      } else {
        storeGlobal<32 * sizeof(T)>(at, packed<T>(lanes));
      }
    });
  }
}

// Pairs of neighbours, of which a lane holds those of its column in four fragments side by side,
// make 16 bytes once the lanes of a quad have exchanged them. ldmatrix does that, which hands out
// rows of four words: a lane stores its four as a row, and gets the same word of all its quad's
// rows. In 512 bytes of shared memory for each group of 8 x 32 results, without a bank conflict
// either way.
template <class T, class Tile, class Engine>
class PairExchange {
  static constexpr int kAcross = Tile::kWarpColumns / 32;

 public:
  static constexpr int kGroups = Tile::kWarpRows / 8 * kAcross;
  static_assert(512 * kGroups <= ResultSlice<Tile>::kWarpBytes, "in the memory of a warp");

  __device__ __forceinline__ PairExchange(const Engine& engine, char* own, T* target, i64 columns)
      : engine_(engine),
        at_(static_cast<i64>(__cvta_generic_to_global(target))),
        step_(8 * columns * static_cast<i64>(sizeof(T))) {
    const u32 lane = threadIdx.x & 31;
    const u32 row = 4 * (lane & 7) + (lane >> 3);
    to_ = pinned(sharedAddress(own) + 16 * (lane ^ (lane >> 3)));
    from_ = pinned(sharedAddress(own) + 16 * (row ^ (row >> 3)));
  }

  // Rounds and stores the warp's part of the tile, from this thread's first result on.
  template <int... kGroup>
  __device__ __forceinline__ void store(std::integer_sequence<int, kGroup...>) {
    (put<kGroup>(), ...);
    __syncwarp();
    (take<kGroup>(), ...);
  }

 private:
  template <int kGroup>
  __device__ __forceinline__ void put() const {
    u32 word[4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const float2 pair = engine_.pair(kGroup / kAcross / 2, kGroup / kAcross % 2,
                                       4 * (kGroup % kAcross) + i);
      word[i] = Storage<T>::packPair(pair.x, pair.y);
    }
    asm volatile("st.shared.v4.u32 [%0+%5], {%1, %2, %3, %4};" ::"r"(to_), "r"(word[0]),
                 "r"(word[1]), "r"(word[2]), "r"(word[3]), "n"(512 * kGroup)
                 : "memory");
  }

  template <int kGroup>
  __device__ __forceinline__ void take() {
    u32 word[4];
    loadMatrices<512 * kGroup, false>(word, from_);
    if (kGroup != 0 && kGroup % kAcross == 0) at_ = pinned(at_ + step_);
    storeGlobal<static_cast<int>(kGroup % kAcross * 32 * sizeof(T))>(
        at_, make_uint4(word[0], word[1], word[2], word[3]));
  }

  const Engine& engine_;
  i64 at_;
  i64 step_;
  u32 to_;
  u32 from_;
};

// Reads and writes two floats of global memory; written out, since the compiler takes some of the
// stores apart.
template <int kOffset>
__device__ __forceinline__ float2 loadPair(i64 address) {
  float2 pair;
  asm volatile("ld.global.v2.f32 {%0, %1}, [%2+%3];"
               : "=f"(pair.x), "=f"(pair.y)
               : "l"(address), "n"(kOffset));
  return pair;
}

template <int kOffset>
__device__ __forceinline__ void storePair(i64 address, float2 pair) {
  asm volatile("st.global.v2.f32 [%0+%3], {%1, %2};" ::"l"(address), "f"(pair.x), "f"(pair.y),
               "n"(kOffset)
               : "memory");
}

// Adds pairs that threads hold in their registers to what is in memory, or puts them there. A
// quad's are 32 bytes.
template <class Tile, bool kAdds, class Engine, int... kFragment>
__device__ __forceinline__ void storePairs(const Engine& engine, float* target, i64 columns,
                                           std::integer_sequence<int, kFragment...>) {
  i64 at = static_cast<i64>(__cvta_generic_to_global(target));
  const i64 step = 8 * columns * static_cast<i64>(sizeof(float));
#pragma unroll
  for (int i = 0; i < Tile::kWarpRows / 8; i++) {
    if (i != 0) at = pinned(at + step);
    const float2 more[] = {engine.pair(i / 2, i % 2, kFragment)...};
    if constexpr (kAdds) {
      const float2 before[] = {loadPair<32 * kFragment>(at)...};
      (storePair<32 * kFragment>(at, make_float2(before[kFragment].x + more[kFragment].x,
                                                 before[kFragment].y + more[kFragment].y)),
       ...);
    } else {
      (storePair<32 * kFragment>(at, more[kFragment]), ...);
    }
  }
}

}  // namespace lockstep
