// How operands of a matrix product lie in memory and come into shared memory.
//
// A block computes a 64 x 64 tile of the result, walking the sum ("depth") in stages. Per stage
// each operand contributes a tile of 8 KiB: 64 rows or columns of the result by 128 bytes of depth.
#pragma once

#include <type_traits>

#include "cp_async.cuh"
#include "lanes.cuh"
#include "storage.cuh"

namespace lockstep {

constexpr int kTile = 64;
constexpr int kGemmThreads = 128;
constexpr int kTileBytes = 8192;

// Elements of the sum per stage: 64 for 16-bit types, 32 for fp32.
template <class T>
constexpr int kDepth = 128 / sizeof(T);

// A dense row-major matrix.
template <class T>
struct Matrix {
  const T* data;
  i64 rows;
  i64 columns;
};

// Which index of an operand's matrix runs along the sum.
enum class Depth {
  kColumns,  // [result index, depth]: neighbours in memory are added up
  kRows,     // [depth, result index]
};

// Lines of a tile in shared memory, one per row of the matrix it was copied from: 64 of 128 bytes,
// except 32 of 256 bytes for fp32 with the depth in rows.
template <class T, Depth depth>
constexpr int kChunksPerLine = depth == Depth::kColumns ? 8 : kTile * sizeof(T) / 16;

// Hides from the compiler how a value came about, so that it stays in its register instead of being
// worked out again inside a loop.
__device__ __forceinline__ u32 pinned(u32 value) {
  asm volatile("" : "+r"(value));
  return value;
}

// Where a 16-byte chunk of a line lies within its tile. Readers want the same chunk of several
// lines at once; the exclusive or puts those into different banks. ldmatrix takes 8 neighbouring
// lines; the fp32 reader takes every fourth (or, with the depth in rows, whole lines).
template <class T, Depth depth>
__device__ __forceinline__ u32 chunkOffset(u32 line, u32 chunk) {
  constexpr int kLineBytes = 16 * kChunksPerLine<T, depth>;
  u32 key = sizeof(T) == 2 ? line & 7 : depth == Depth::kColumns ? (line >> 2) & 7 : 0;
  return line * kLineBytes + ((chunk ^ key) << 4);
}

// How the threads of a block share out a tile: 16 bytes each, in four passes over the lines.
template <class T, Depth depth>
struct TileShare {
  static constexpr int kLanes = Storage<T>::kLanes;
  static constexpr int kChunks = kChunksPerLine<T, depth>;
  static constexpr int kLinesPerPass = kGemmThreads / kChunks;
  static constexpr int kPassBytes = kLinesPerPass * kChunks * 16;

  static __device__ __forceinline__ u32 line() { return threadIdx.x / kChunks; }
  static __device__ __forceinline__ u32 chunk() { return threadIdx.x % kChunks; }
};

// Copies the tiles of one operand that lie wholly inside of it, stage after stage, in the
// background. Nothing is checked and nothing worked out anew: this is the loop all time goes to.
template <class T, Depth depth>
class InsideCopy {
 public:
  // The tile that starts at `index` along the result, and at 0 along the sum.
  __device__ __forceinline__ InsideCopy(const Matrix<T>& matrix, i64 index)
      : source_(matrix.data + (depth == Depth::kColumns ? index * matrix.columns : index) +
                Share::line() * matrix.columns + Share::chunk() * Share::kLanes),
        passStride_(Share::kLinesPerPass * matrix.columns),
        stageStride_(depth == Depth::kColumns ? kDepth<T> : kDepth<T> * matrix.columns),
        target_(pinned(chunkOffset<T, depth>(Share::line(), Share::chunk()))) {}

  // How many stages, from the first on, may be copied like this.
  static __device__ __forceinline__ i64 stages(const Matrix<T>& matrix, i64 index) {
    i64 extent = depth == Depth::kColumns ? matrix.rows : matrix.columns;
    i64 length = depth == Depth::kColumns ? matrix.columns : matrix.rows;
    bool aligned = rowsAligned(matrix.columns * sizeof(T), matrix.data);
    return aligned && index + kTile <= extent ? length / kDepth<T> : 0;
  }

  // Starts the copy of the next stage into the tile kOffset bytes after `shared`.
  template <int kOffset>
  __device__ __forceinline__ void next(u32 shared) {
    // The key of the fp32 layout has changed its third bit after every pass of 16 lines.
    constexpr u32 kFlip = sizeof(T) == 4 && depth == Depth::kColumns ? 64 : 0;
    const T* source = source_;
    copyAsync16<kOffset>(shared + target_, source);
    source += passStride_;
    copyAsync16<kOffset + Share::kPassBytes>(shared + (target_ ^ kFlip), source);
    source += passStride_;
    copyAsync16<kOffset + 2 * Share::kPassBytes>(shared + target_, source);
    source += passStride_;
    copyAsync16<kOffset + 3 * Share::kPassBytes>(shared + (target_ ^ kFlip), source);
    source_ += stageStride_;
  }

 private:
  using Share = TileShare<T, depth>;

  const T* source_;  // this thread's first chunk of the next stage
  i64 passStride_;
  i64 stageStride_;
  u32 target_;
};

// Sixteen bytes read element by element: `valid` elements, then zeros.
template <class T>
__device__ __forceinline__ uint4 gather(const T* source, int valid) {
  using Bits = std::conditional_t<sizeof(T) == 2, unsigned short, u32>;
  const Bits* bits = reinterpret_cast<const Bits*>(source);
  u32 word[4] = {0, 0, 0, 0};
#pragma unroll
  for (int i = 0; i < Storage<T>::kLanes; i++) {
    int shift = 8 * sizeof(T) * (i % Word<T>::kLanes);
    if (i < valid) word[i / Word<T>::kLanes] |= static_cast<u32>(bits[i]) << shift;
  }
  return make_uint4(word[0], word[1], word[2], word[3]);
}

// Copies a tile that may reach beyond the operand, of any alignment: what lies outside becomes
// zero, which adds nothing to any sum.
template <class T, Depth depth>
__device__ __forceinline__ void copyChecked(const Matrix<T>& matrix, i64 index, i64 stage,
                                            char* shared) {
  using Share = TileShare<T, depth>;
  const i64 firstLine = depth == Depth::kColumns ? index : stage * kDepth<T>;
  const i64 firstColumn = depth == Depth::kColumns ? stage * kDepth<T> : index;
  const i64 column = firstColumn + Share::chunk() * Share::kLanes;
  const i64 left = matrix.columns - column;
  const int width = static_cast<int>(min(max(left, 0ll), static_cast<i64>(Share::kLanes)));
  const bool aligned = rowsAligned(matrix.columns * sizeof(T), matrix.data);
#pragma unroll 1
  for (int pass = 0; pass < 4; pass++) {
    const u32 line = Share::line() + pass * Share::kLinesPerPass;
    const i64 row = firstLine + line;
    const int valid = row < matrix.rows ? width : 0;
    char* target = shared + chunkOffset<T, depth>(line, Share::chunk());
    // Nothing is read where nothing is valid; the address stays inside all the same, since a copy
    // of zero bytes is still given one.
    const T* source = matrix.data + (valid > 0 ? row * matrix.columns + column : 0);
    if (aligned) {
      copyAsync16(sharedAddress(target), source, valid * sizeof(T));
    } else {
      *reinterpret_cast<uint4*>(target) = gather(source, valid);
    }
  }
}

}  // namespace lockstep
