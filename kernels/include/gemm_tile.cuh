// The shapes a matrix product is cut into, and how operands lie in global and in shared memory.
//
// A block computes a tile of the result, walking the sum ("depth") in stages; each of its warps
// holds a part of the tile in registers. Per stage an operand contributes its rows or columns of
// the tile by some bytes of depth, and several stages are in shared memory at once.
#pragma once

#include "lanes.cuh"
#include "storage.cuh"

namespace lockstep {

// Hides from the compiler how a value came about, so that it stays in its register instead of being
// worked out again, or chained to its neighbours, inside a loop.
__device__ __forceinline__ u32 pinned(u32 value) {
  asm volatile("" : "+r"(value));
  return value;
}

__device__ __forceinline__ i64 pinned(i64 value) {
  asm volatile("" : "+l"(value));
  return value;
}

__device__ __forceinline__ float pinned(float value) {
  asm volatile("" : "+f"(value));
  return value;
}

template <class T>
__device__ __forceinline__ T* pinned(T* value) {
  asm volatile("" : "+l"(value));
  return value;
}

// A tile of rows x columns results, warpRows x warpColumns per warp, whose stages are depthBytes
// deep; with two products, of two right operands with the same left one. `unrolled` repeats the
// code of a stage for each place in shared memory: fewer instructions to execute, more to store.
template <int rows, int columns, int depthBytes, int warpRows, int warpColumns, int stages,
          bool unrolled, int products = 1>
struct GemmTile {
  static constexpr int kRows = rows;
  static constexpr int kColumns = columns;
  static constexpr int kDepthBytes = depthBytes;
  static constexpr int kWarpRows = warpRows;
  static constexpr int kWarpColumns = warpColumns;
  static constexpr int kStages = stages;
  static constexpr bool kUnrolled = unrolled;
  static constexpr int kProducts = products;

  static constexpr int kWarpsAcross = columns / warpColumns;
  static constexpr int kWarps = rows / warpRows * kWarpsAcross;
  static constexpr int kThreads = 32 * kWarps;
  static constexpr int kLeftBytes = rows * depthBytes;
  static constexpr int kRightBytes = columns * depthBytes;
  static constexpr int kStageBytes = kLeftBytes + products * kRightBytes;
  static constexpr int kSharedBytes = stages * kStageBytes;

  static_assert(rows % warpRows == 0 && columns % warpColumns == 0, "warps share out the tile");
  static_assert(stages >= 2, "one stage is multiplied while others are on their way");
  static_assert(products == 1 || products == 2, "a block has registers for one or two products");

  static __device__ __forceinline__ u32 warpRow() {
    return (threadIdx.x >> 5) / kWarpsAcross * kWarpRows;
  }
  static __device__ __forceinline__ u32 warpColumn() {
    return (threadIdx.x >> 5) % kWarpsAcross * kWarpColumns;
  }
};

// A dense row-major matrix.
template <class T>
struct Matrix {
  const T* data;
  i64 rows;
  i64 columns;
};

// What is stored as T, to be multiplied as a Factor of the same size.
template <class Factor, class T>
__device__ __forceinline__ Matrix<Factor> factors(const T* data, i64 rows, i64 columns) {
  static_assert(sizeof(Factor) == sizeof(T), "the same elements");
  return {reinterpret_cast<const Factor*>(data), rows, columns};
}

// Which index of an operand's matrix runs along the sum.
enum class Depth {
  kColumns,  // [result index, depth]: neighbours in memory are added up
  kRows,     // [depth, result index]
};

enum class Side { kLeft, kRight };

// How an operand lies in memory, and which of the two it is.
template <Side side, Depth depth>
struct Operand {
  static constexpr Side kSide = side;
  static constexpr Depth kDepth = depth;

  // Fragments of the right operand may take its lines in any order, and with it the columns of the
  // result. With pairs of lines 8 apart, a lane that holds two columns of each of four neighbouring
  // fragments holds eight columns that are neighbours: what it stores at once.
  static constexpr bool kSpread = side == Side::kRight && depth == Depth::kColumns;
};

// One operand of one stage in shared memory: lines, one per row of the matrix it was copied from,
// of 16-byte chunks. Readers want the same chunk of several lines at once; an exclusive or with the
// line's key puts those into different banks. ldmatrix takes 8 neighbouring lines, or four pairs of
// lines 8 apart; the fp32 reader takes every fourth (or, with the depth in rows, whole lines). With
// the depth in rows, copies write half of 128 bytes of two neighbouring lines at once.
template <class T, class Operand, int kExtent, int kDepthBytes>
struct OperandLayout {
  static constexpr Depth depth = Operand::kDepth;
  static constexpr int kDepth = kDepthBytes / sizeof(T);
  static constexpr int kLines = depth == Depth::kColumns ? kExtent : kDepth;
  static constexpr int kLineBytes =
      depth == Depth::kColumns ? kDepthBytes : kExtent * static_cast<int>(sizeof(T));

  static constexpr __device__ __forceinline__ u32 key(u32 line) {
    if constexpr (sizeof(T) == 4) return depth == Depth::kColumns ? (line >> 2) & 7 : 0;
    if constexpr (depth == Depth::kRows) return ((line & 1) << 2) | ((line >> 1) & 3);
    if constexpr (kLineBytes == 64) {  // two lines fill the banks
      return (Operand::kSpread ? line >> 3 : line >> 1) & 3;
    }
    return Operand::kSpread ? ((line >> 2) & 6) | (line & 1) : line & 7;
  }

  static __device__ __forceinline__ u32 offset(u32 line, u32 chunk) {
    return line * kLineBytes + ((chunk ^ key(line)) << 4);
  }
};

// How many pieces of kSize cover a length, which is not negative.
template <int kSize>
__device__ __forceinline__ i64 pieces(i64 length) {
  return static_cast<i64>((static_cast<u64>(length) + (kSize - 1)) / kSize);
}

// The place of this block's tile. Blocks are numbered down groups of eight rows of tiles, so that
// blocks that run together share operands in L2.
template <class Tile>
struct TilePlace {
  i64 row;
  i64 column;
  i64 rows;     // of the result, from the tile's first on
  i64 columns;

  __device__ __forceinline__ TilePlace(i64 totalRows, i64 totalColumns) {
    const u32 down = static_cast<u32>(pieces<Tile::kRows>(totalRows));
    const u32 across = static_cast<u32>(pieces<Tile::kColumns>(totalColumns));
    const u32 high = min(down, 8u);
    const u32 group = blockIdx.x / (high * across);
    const u32 within = blockIdx.x - group * (high * across);
    const u32 height = min(high, down - group * high);
    const u32 tileColumn = within / height;
    row = static_cast<i64>(group * high + (within - tileColumn * height)) * Tile::kRows;
    column = static_cast<i64>(tileColumn) * Tile::kColumns;
    rows = pinned(totalRows - row);
    columns = pinned(totalColumns - column);
  }
};

}  // namespace lockstep
