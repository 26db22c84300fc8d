// One 64 x 64 tile of a matrix product (or of two products with the same left operand) per block:
// result[row, column] = sum over depth of left(row, depth) * right(column, depth), in fp32.
//
// The sum runs through double-buffered stages: while one is multiplied, the next is on its way from
// global memory. Its order is a function of the depth alone (ascending, in steps of 16 for mma), so
// a row has the same bits alone or in a batch, on any grid.
// The result leaves the registers through shared memory, so that epilogues see whole rows and use
// 16-byte accesses whatever the layout of the fragments was.
#pragma once

#include "gemm_mma.cuh"
#include "gemm_simt.cuh"
#include "gemm_tile.cuh"

namespace lockstep {

// A finished tile in shared memory. Rows are 72 floats apart, and the quads of the right half
// change places in pairs: neither the fragments' stores nor the epilogues' vector loads then meet
// in a bank.
constexpr int kResultPitch = 72;
constexpr int kResultBytes = kTile * kResultPitch * 4;

__device__ __forceinline__ u32 resultIndex(u32 row, u32 column) {
  return row * kResultPitch + (column ^ ((column >> 5) << 2));
}

template <int kProducts>
constexpr int kStageBytes = (1 + kProducts) * kTileBytes;

template <int kProducts>
constexpr int kGemmSharedBytes = 2 * kStageBytes<kProducts>;

template <class T, Depth leftDepth, Depth rightDepth, int kProducts>
struct GemmEngine : MmaEngine<T, leftDepth, rightDepth, kProducts> {};

template <Depth leftDepth, Depth rightDepth, int kProducts>
struct GemmEngine<float, leftDepth, rightDepth, kProducts>
    : SimtEngine<leftDepth, rightDepth, kProducts> {};

// Adds left * right to what the engine holds. Called by the whole block; `shared` has
// kGemmSharedBytes, and is free again for other uses when this returns.
template <class T, Depth leftDepth, Depth rightDepth, int kProducts>
__device__ __forceinline__ void addProduct(
    GemmEngine<T, leftDepth, rightDepth, kProducts>& engine, const Matrix<T>& left,
    const Matrix<T> (&right)[kProducts], i64 firstRow, i64 firstColumn, char* shared) {
  static_assert(kProducts == 1 || kProducts == 2, "a block has registers for one or two products");
  using Left = InsideCopy<T, leftDepth>;
  using Right = InsideCopy<T, rightDepth>;
  const Matrix<T>& lastRight = right[kProducts - 1];
  Left leftCopy(left, firstRow);
  Right rightCopy(right[0], firstColumn);
  Right lastCopy(lastRight, firstColumn);

  const i64 depth = leftDepth == Depth::kColumns ? left.columns : left.rows;
  const i64 stages = (depth + kDepth<T> - 1) / kDepth<T>;
  const i64 inside = min(Left::stages(left, firstRow), min(Right::stages(right[0], firstColumn),
                                                           Right::stages(lastRight, firstColumn)));

  auto copy = [&](i64 stage, char* target) {
    if (stage < inside) {
      const u32 address = sharedAddress(target);
      leftCopy.template next<0>(address);
      rightCopy.template next<kTileBytes>(address);
      if constexpr (kProducts == 2) lastCopy.template next<2 * kTileBytes>(address);
    } else if constexpr (leftDepth == rightDepth) {
#pragma unroll 1
      for (int i = 0; i <= kProducts; i++) {  // one copy of the code for all operands
        const Matrix<T> matrix = i == 0 ? left : i == 1 ? right[0] : lastRight;
        copyChecked<T, leftDepth>(matrix, i == 0 ? firstRow : firstColumn, stage,
                                  target + i * kTileBytes);
      }
    } else {
      static_assert(kProducts == 1, "no kernel needs two products of unlike operands");
      copyChecked<T, leftDepth>(left, firstRow, stage, target);
      copyChecked<T, rightDepth>(right[0], firstColumn, stage, target + kTileBytes);
    }
  };

  // Stage t is copied while stage t - 1 is multiplied; one turn more than stages, so that the code
  // of either appears once.
  char* current = shared + kStageBytes<kProducts>;
  char* next = shared;
#pragma unroll 1
  for (i64 stage = 0; stage <= stages; stage++) {
    waitForCopies();
    // Everyone's copies of the last stage are visible, and nobody reads the one before any more.
    __syncthreads();
    if (stage < stages) copy(stage, next);
    if (stage > 0) engine.multiply(current);
    char* free = current;
    current = next;
    next = free;
  }
  __syncthreads();
}

// Moves a product from the registers of all threads to `result`, for all threads to read.
template <class Engine>
__device__ __forceinline__ void shareResult(const Engine& engine, int product, float* result) {
  engine.forEach(product, [&](u32 row, u32 column, auto vector) {
    *reinterpret_cast<decltype(vector)*>(result + resultIndex(row, column)) = vector;
  });
}

// As many neighbours in a finished tile as make 16 bytes of T, still unrounded.
template <class T>
__device__ __forceinline__ Pack<T> loadResult(const float* result, u32 row, u32 column) {
  Pack<T> pack;
#pragma unroll
  for (int i = 0; i < Pack<T>::kLanes; i += 4) {
    float4 quad = *reinterpret_cast<const float4*>(result + resultIndex(row, column + i));
    pack.lane[i] = quad.x;
    pack.lane[i + 1] = quad.y;
    pack.lane[i + 2] = quad.z;
    pack.lane[i + 3] = quad.w;
  }
  return pack;
}

// The place of this block's tile: blocks are numbered along the rows of the result.
struct TilePlace {
  i64 row;
  i64 column;
  int rows;     // of the result within the tile, at most 64
  int columns;

  __device__ __forceinline__ TilePlace(i64 totalRows, i64 totalColumns) {
    const u32 across = static_cast<u32>((totalColumns + kTile - 1) / kTile);
    row = static_cast<i64>(blockIdx.x / across) * kTile;
    column = static_cast<i64>(blockIdx.x % across) * kTile;
    rows = static_cast<int>(min(totalRows - row, static_cast<i64>(kTile)));
    columns = static_cast<int>(min(totalColumns - column, static_cast<i64>(kTile)));
  }
};

// Calls function(row, column) for the parts of the tile this thread finishes, kWidth neighbouring
// columns each. Consecutive threads take consecutive parts of a row.
template <int kWidth, class Function>
__device__ __forceinline__ void forEachPart(const TilePlace& place, Function function) {
  constexpr u32 kParts = kTile / kWidth;
#pragma unroll 1
  for (u32 part = threadIdx.x; part < kTile * kParts; part += kGemmThreads) {
    int row = part / kParts;
    int column = part % kParts * kWidth;
    if (row < place.rows && column < place.columns) function(row, column);
  }
}

}  // namespace lockstep
