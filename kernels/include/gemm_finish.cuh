// How a finished tile leaves the registers for global memory, by way of an epilogue.
//
// Where the epilogue is quick, and nothing is cut off, a thread finishes what it holds in its
// registers, if those are neighbours that fill 16 bytes. Otherwise every warp takes its part of the
// tile through shared memory, 16 rows at a time, so that epilogues use 16-byte accesses whatever
// the layout of the fragments was, and appear once in the code.
//
// An epilogue is a functor of these members (gemm_epilogue.cuh has some):
//
//   template <int N> auto atColumn(Vector<N>, i64 column, bool inside) const
//     what it needs to know of N neighbouring columns, whatever the row; of none, if not inside;
//   template <int N, class Known, class Sums>
//   void operator()(Vector<N>, i64 at, const Known&, Lanes<N> (&value)[kProducts], Sums&) const
//     finishes N neighbouring columns of one row, at element `at` of the result;
//   static constexpr int kSums
//     how many sums over the rows of a column it adds to; they are Sums<kSums, N>;
//   bool summing() const, float* partials(int i) const
//     whether any sum is wanted, and where sum i goes, if it is: a row for each tile's rows;
//   bool quick() const, auto quickForm() const
//     true where that takes few instructions, and nothing is summed; the epilogue that is no more;
//   bool plain() const, auto plainForm() const
//     true where, being quick, it does no more than one step, and the epilogue that is this step;
//   bool aligned() const
//     whether what it moves when it is not quick takes 16-byte accesses, where results do.
#pragma once

#include <type_traits>
#include <utility>

#include "cp_async.cuh"
#include "gemm_tile.cuh"
#include "mma.cuh"

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

// Adds pairs that threads hold in their registers to what is in memory. A quad's are 32 bytes.
template <class Tile, class Engine, int... kFragment>
__device__ __forceinline__ void addPairs(const Engine& engine, float* target, i64 columns,
                                         std::integer_sequence<int, kFragment...>) {
  i64 at = static_cast<i64>(__cvta_generic_to_global(target));
  const i64 step = 8 * columns * static_cast<i64>(sizeof(float));
#pragma unroll
  for (int i = 0; i < Tile::kWarpRows / 8; i++) {
    if (i != 0) at = pinned(at + step);
    const float2 before[] = {loadPair<32 * kFragment>(at)...};
    const float2 more[] = {engine.pair(i / 2, i % 2, kFragment)...};
    (storePair<32 * kFragment>(at, make_float2(before[kFragment].x + more[kFragment].x,
                                               before[kFragment].y + more[kFragment].y)),
     ...);
  }
}

// Finishes what threads hold in their registers.
template <class Tile, int kWidth, class Engine, class Epilogue>
__device__ __forceinline__ void finishRegisters(const Engine& engine, i64 at, i64 columns,
                                                i64 column, const Epilogue& epilogue) {
  static_assert(Tile::kProducts == 1, "two products are never quick");
  Sums<0, kWidth> none;
  const Vector<kWidth> access;
  const auto left = epilogue.atColumn(access, column, true);
  const auto right = epilogue.atColumn(access, column + (Tile::kWarpColumns == 64 ? 32 : 0), true);
  u32 done = 0;
  auto finish = [&](u32 rows, u32 columnsOn, const Lanes<kWidth>& lanes) {
    if (rows != done) at += (rows - done) * columns;
    done = rows;
    Lanes<kWidth> value[1] = {lanes};
    epilogue(access, at + columnsOn, columnsOn == 0 ? left : right, value, none);
  };
#pragma unroll
  for (int slice = 0; slice < static_cast<int>(ResultSlice<Tile>::kSlices); slice++) {
    engine.forEach(0, slice, [&](u32 rows, u32 columnsOn, const auto& lanes) {
      finish(16 * slice + rows, columnsOn, lanes);
    });
  }
}

// Gives the tile to the epilogue. Called by the whole block after addProduct with its memory.
// kWidth columns at a time where `aligned`, otherwise one by one.
template <class Tile, int kWidth, class Engine, class Epilogue>
__device__ __forceinline__ void finishTile(const Engine& engine, const TilePlace<Tile>& place,
                                           i64 columns, bool aligned, char* shared,
                                           const Epilogue& epilogue) {
  using Slice = ResultSlice<Tile>;
  constexpr int kProducts = Tile::kProducts;
  constexpr u32 kAcross = Slice::kColumns / kWidth;  // lanes side by side
  constexpr u32 kRowsAtOnce = 32 / kAcross;
  constexpr bool kInRegisters = Engine::kTogether == kWidth && kProducts == 1;
  constexpr bool kInPairs = Engine::kTogether == 2 && kProducts == 1;
  using Plain = decltype(epilogue.plainForm());
  const u32 lane = threadIdx.x & 31;
  char* own = shared + (threadIdx.x >> 5) * Slice::kWarpBytes;
  const i64 firstRow = place.row + Tile::warpRow();
  const i64 firstColumn = place.column + Tile::warpColumn();
  const i64 rows = place.rows - Tile::warpRow();
  const i64 across = place.columns - Tile::warpColumn();
  const i64 least = min(rows, across + (static_cast<i64>(Tile::kWarpRows) - Tile::kWarpColumns));
  const bool quick = aligned && epilogue.quick() && least >= Tile::kWarpRows;
  if constexpr (kInRegisters) {
    if (quick) {
      const i64 column = firstColumn + engine.laneColumn();
      const i64 at = (firstRow + engine.laneRow()) * columns + column;
      if constexpr (Plain::kStoresOnly) {
        if (epilogue.plain()) {
          storeRegisters<Tile>(engine, epilogue.plainForm().out + at, columns);
          return;
        }
      }
      using Quick = decltype(epilogue.quickForm());
      if constexpr (!Plain::kStoresOnly || !std::is_same<Quick, Plain>::value) {
        finishRegisters<Tile, kWidth>(engine, at, columns, column, epilogue.quickForm());
      }
      return;
    }
  }
  if constexpr (kInPairs) {
    if (quick && epilogue.plain()) {
      const i64 row = (firstRow + engine.laneRow()) * columns + firstColumn;
      auto* out = epilogue.plainForm().out + row;
      if constexpr (Plain::kStoresOnly) {
        using T = std::remove_pointer_t<decltype(out)>;
        using Exchange = PairExchange<T, Tile, Engine>;
        Exchange(engine, own, out + 8 * (lane & 3), columns)
            .store(std::make_integer_sequence<int, Exchange::kGroups>());
      } else {
        addPairs<Tile>(engine, out + engine.laneColumn(), columns,
                       std::make_integer_sequence<int, Tile::kWarpColumns / 8>());
      }
      return;
    }
  }

  const u32 laneRow = lane / kAcross;
  const u32 laneColumn = lane % kAcross * kWidth;
  float* slices = reinterpret_cast<float*>(own);
  const SliceReader<Tile, kWidth> reader(slices, laneRow, laneColumn);
  i64 at = (firstRow + laneRow) * columns + firstColumn + laneColumn;
  const i64 step = columns * kRowsAtOnce;
  const Vector<kWidth> access;
  if constexpr (!kInRegisters && !kInPairs && kProducts == 1) {
    if (quick && epilogue.plain()) {
      Sums<0, kWidth> none;
#pragma unroll 1
      for (u32 slice = 0; slice < Slice::kSlices; slice++) {
        storeSlice<Tile>(engine, slice, slices);
        __syncwarp();
#pragma unroll
        for (u32 row = 0; row < Slice::kRows; row += kRowsAtOnce) {
          Lanes<kWidth> value[kProducts] = {reader.load(row * Slice::kPitch)};
          epilogue.plainForm()(access, at, Nothing{}, value, none);
          at += step;
        }
        __syncwarp();
      }
      return;
    }
  }
  aligned = aligned && epilogue.aligned();
  const auto known =
      epilogue.atColumn(access, firstColumn + laneColumn, aligned && laneColumn < across);
  const i64 most = aligned && laneColumn >= across ? 0 : Tile::kWarpRows;
  const u32 inside = static_cast<u32>(min(max(rows, 0ll), most));  // rows that there are
  constexpr int kSums = Epilogue::kSums;
  Sums<kSums, kWidth> sums;
  sums.clear();
  [[maybe_unused]] const SumsOfRows<Tile, kSums, kRowsAtOnce> ofRows(shared);
  if constexpr (kSums > 0) {
    if (!aligned) ofRows.clear();
  }

#pragma unroll 1
  for (u32 first = 0; first < Tile::kWarpRows; first += Slice::kRows) {
    storeSlice<Tile>(engine, first / Slice::kRows, slices);
    __syncwarp();
    if (aligned) {
      u32 bytes = 0;
#pragma unroll 1
      for (u32 row = first + laneRow; row < first + Slice::kRows; row += kRowsAtOnce) {
        if (row < inside) {
          Lanes<kWidth> value[kProducts];
#pragma unroll
          for (int i = 0; i < kProducts; i++) {
            value[i] = reader.loadAt(bytes + i * Slice::kFloats * 4);
          }
          epilogue(access, at, known, value, sums);
        }
        at += step;
        bytes += kRowsAtOnce * Slice::kPitch * 4;
      }
    } else {
#pragma unroll 1
      for (u32 i = lane; i < Slice::kRows * Slice::kColumns; i += 32) {
        const u32 row = i / Slice::kColumns;
        const u32 column = i % Slice::kColumns;
        if (first + row < inside && column < across) {
          Lanes<1> value[kProducts];
#pragma unroll
          for (int p = 0; p < kProducts; p++) {
            value[p] = SliceReader<Tile, 1>(slices, row, column).load(p * Slice::kFloats);
          }
          const Vector<1> single;
          Sums<kSums, 1> own;
          own.clear();
          const i64 atColumn = firstColumn + column;
          epilogue(single, (firstRow + first + row) * columns + atColumn,
                   epilogue.atColumn(single, atColumn, true), value, own);
          if constexpr (kSums > 0) ofRows.add(row, column, own);
        }
      }
    }
    __syncwarp();
  }

  if constexpr (kSums > 0) {
    if (!epilogue.summing()) return;
    if (aligned) ofRows.store(laneRow, laneColumn, sums);
    __syncthreads();
#pragma unroll
    for (int i = 0; i < kSums; i++) {
      float* partials = epilogue.partials(i);
      if (partials == nullptr) continue;
      partials += place.row / Tile::kRows * columns + place.column;
#pragma unroll 1
      for (u32 column = threadIdx.x; column < Tile::kColumns; column += Tile::kThreads) {
        if (column < place.columns) partials[column] = ofRows.total(i, column);
      }
    }
  }
}

}  // namespace lockstep
