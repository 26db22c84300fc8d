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

#include "gemm_registers.cuh"
#include "gemm_slices.cuh"

namespace lockstep {

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
        constexpr auto kFragments = std::make_integer_sequence<int, Tile::kWarpColumns / 8>();
        out += engine.laneColumn();
        if (epilogue.plainForm().fresh) {
          storePairs<Tile, false>(engine, out, columns, kFragments);
        } else {
          storePairs<Tile, true>(engine, out, columns, kFragments);
        }
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
