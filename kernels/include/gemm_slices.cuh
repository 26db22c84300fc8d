// The shared memory by way of which a tile leaves the registers, 16 rows of each warp at a time, and
// what is summed over its rows meanwhile.
#pragma once

#include "cp_async.cuh"
#include "gemm_tile.cuh"

namespace lockstep {

// What an epilogue knows that does not look at columns, and what it adds to that adds up nothing.
struct Nothing {};

template <int kSums, int N>
struct Sums {
  Lanes<N> of[kSums];

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int i = 0; i < kSums * N; i++) of[i / N].lane[i % N] = 0.0f;
  }
};

template <int N>
struct Sums<0, N> : Nothing {
  __device__ __forceinline__ void clear() {}
};

// Sixteen rows of the part of a tile that one warp holds, of one product. Rows are 8 floats longer
// than they need be, and quads change places in pairs in every other row, the other way round in
// the right half of 64 columns: neither the fragments' stores nor the epilogues' vector loads then
// meet in a bank.
template <class Tile>
struct ResultSlice {
  static constexpr u32 kRows = 16;
  static constexpr u32 kColumns = Tile::kWarpColumns;
  static constexpr u32 kPitch = kColumns + 8;
  static constexpr u32 kFloats = kRows * kPitch;
  static constexpr u32 kSlices = Tile::kWarpRows / kRows;
  static_assert(kColumns == 32 || kColumns == 64, "what the exchange of quads is made for");
  // Of shared memory, for each warp; warps at the edge may finish in another way than others.
  static constexpr u32 kExchangeBytes = Tile::kWarpRows * kColumns * 2;
  static constexpr u32 kSliceBytes = Tile::kProducts * kFloats * 4;
  // Behind the slices, two sums of what the lanes side by side over the columns have.
  static constexpr u32 kSumBytes = Tile::kProducts == 1 ? 2 * (256 / kColumns) * kPitch * 4 : 0;
  static constexpr u32 kFinishBytes = kSliceBytes + kSumBytes;
  static constexpr u32 kWarpBytes = kExchangeBytes > kFinishBytes ? kExchangeBytes : kFinishBytes;
  static_assert(Tile::kWarps * kWarpBytes <= Tile::kSharedBytes,
                "results take the place of operands");

  static __device__ __forceinline__ u32 index(u32 row, u32 column) {
    const u32 key = (row ^ (column >> 5)) & 1;
    return row * kPitch + (column ^ (key << 2));
  }
};

// The compiler would gather stores of different slices into one of values picked by moves; volatile
// assembly it leaves alone.
template <int N>
__device__ __forceinline__ void storeShared(float* target, const float* value) {
  if constexpr (N == 4) {
    asm volatile("st.shared.v4.f32 [%0], {%1, %2, %3, %4};" ::"r"(sharedAddress(target)),
                 "f"(value[0]), "f"(value[1]), "f"(value[2]), "f"(value[3])
                 : "memory");
  } else {
    asm volatile("st.shared.v2.f32 [%0], {%1, %2};" ::"r"(sharedAddress(target)), "f"(value[0]),
                 "f"(value[1])
                 : "memory");
  }
}

// The sums over the rows of a warp's part that a thread of rows r, r + kRows, ... has: laid out as
// rows r of a slice, sum by sum.
template <class Tile, int kSums, int kRows>
class SumsOfRows {
  using Slice = ResultSlice<Tile>;
  static_assert(kSums * kRows * Slice::kPitch * 4 <= Slice::kSumBytes, "in the place for them");

 public:
  __device__ __forceinline__ explicit SumsOfRows(char* shared)
      : first_(shared + Slice::kSliceBytes),
        own_(reinterpret_cast<float*>(first_ + (threadIdx.x >> 5) * Slice::kWarpBytes)) {}

  __device__ __forceinline__ void clear() const {
#pragma unroll 1
    for (u32 i = threadIdx.x & 31; i < kSums * kRows * Slice::kColumns; i += 32) {
      own_[Slice::index(i / Slice::kColumns, i % Slice::kColumns)] = 0.0f;
    }
  }

  // Adds to one column, which is up to one lane alone.
  __device__ __forceinline__ void add(u32 row, u32 column, const Sums<kSums, 1>& sums) const {
#pragma unroll
    for (int i = 0; i < kSums; i++) {
      own_[Slice::index(i * kRows + row % kRows, column)] += sums.of[i].lane[0];
    }
  }

  // Puts down the sums of neighbouring columns.
  template <int N>
  __device__ __forceinline__ void store(u32 row, u32 column, const Sums<kSums, N>& sums) const {
#pragma unroll
    for (int i = 0; i < kSums; i++) {
#pragma unroll
      for (int quad = 0; quad < N; quad += 4) {
        storeShared<4>(own_ + Slice::index(i * kRows + row, column + quad), &sums.of[i].lane[quad]);
      }
    }
  }

  // The sum of a column of the tile: rows 0, kRows, ... come first, and warps downwards.
  __device__ __forceinline__ float total(int sum, u32 column) const {
    constexpr int kDown = Tile::kWarps / Tile::kWarpsAcross;
    const char* warp = first_ + column / Slice::kColumns * Slice::kWarpBytes;
    float total = 0.0f;
#pragma unroll
    for (int down = 0; down < kDown; down++) {
      const float* rows = reinterpret_cast<const float*>(warp);
#pragma unroll
      for (int row = 0; row < kRows; row++) {
        total += rows[Slice::index(sum * kRows + row, column % Slice::kColumns)];
      }
      warp += Tile::kWarpsAcross * Slice::kWarpBytes;
    }
    return total;
  }

 private:
  char* first_;  // of warp 0
  float* own_;
};

// N values of a slice from `column`, a multiple of N; further rows are a constant away.
template <class Tile, int N>
class SliceReader {
  using Slice = ResultSlice<Tile>;
  static constexpr int kQuads = N < 4 ? 1 : N / 4;

 public:
  __device__ __forceinline__ SliceReader(const float* slice, u32 row, u32 column) {
#pragma unroll
    for (int i = 0; i < kQuads; i++) {
      quad_[i] = slice + Slice::index(row, column + 4 * i);
      address_[i] = pinned(sharedAddress(quad_[i]));
    }
  }

  // The same `bytes` further on, where that is not a constant.
  __device__ __forceinline__ Lanes<N> loadAt(u32 bytes) const {
    static_assert(N >= 4, "whole quads");
    Lanes<N> lanes;
#pragma unroll
    for (int i = 0; i < kQuads; i++) {
      float* lane = &lanes.lane[4 * i];
      asm volatile("ld.shared.v4.f32 {%0, %1, %2, %3}, [%4];"
                   : "=f"(lane[0]), "=f"(lane[1]), "=f"(lane[2]), "=f"(lane[3])
                   : "r"(address_[i] + bytes)
                   : "memory");
    }
    return lanes;
  }

  __device__ __forceinline__ Lanes<N> load(u32 floats) const {
    Lanes<N> lanes;
    if constexpr (N == 1) {
      lanes.lane[0] = quad_[0][floats];
    } else {
#pragma unroll
      for (int i = 0; i < kQuads; i++) {
        const float4 quad = *reinterpret_cast<const float4*>(quad_[i] + floats);
        lanes.lane[4 * i] = quad.x;
        lanes.lane[4 * i + 1] = quad.y;
        lanes.lane[4 * i + 2] = quad.z;
        lanes.lane[4 * i + 3] = quad.w;
      }
    }
    return lanes;
  }

 private:
  const float* quad_[kQuads];
  u32 address_[kQuads];
};

// Puts slice `slice` of all products of this warp into its shared memory.
template <class Tile, int kSlice = 0, class Engine>
__device__ __forceinline__ void storeSlice(const Engine& engine, u32 slice, float* shared) {
  using Slice = ResultSlice<Tile>;
  if constexpr (kSlice + 1 < Slice::kSlices) {
    if (slice != kSlice) return storeSlice<Tile, kSlice + 1>(engine, slice, shared);
  }
#pragma unroll
  for (int product = 0; product < Tile::kProducts; product++) {
    engine.forEach(product, kSlice, [&](u32 rows, u32 columns, auto lanes) {
      const u32 row = engine.laneRow() + rows;
      const u32 column = engine.laneColumn() + (columns & 32);
      // The rest of `columns` is added behind the exchange, which knows only the half it is in.
      constexpr int kVector = decltype(lanes)::kCount < 4 ? 2 : 4;
#pragma unroll
      for (int i = 0; i < decltype(lanes)::kCount; i += kVector) {
        float* place = shared + Slice::index(row, column + i) + (columns & 31);
        storeShared<kVector>(place + product * Slice::kFloats, &lanes.lane[i]);
      }
    });
  }
}

}  // namespace lockstep
