// How operands of a matrix product lie in memory and come into shared memory.
//
// A block computes a 64 x 64 tile of the result, walking the sum ("depth") in stages. Per stage
// each operand contributes a tile of 8 KiB: 64 rows or columns of the result by 128 bytes of depth.
#pragma once

#include <type_traits>

#include "cp_async.cuh"
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

// Copies the tiles of one operand, stage after stage. Every thread copies four chunks of each.
template <class T, Depth depth>
class TileReader {
 public:
  // The tile that starts at `index` along the result, and at 0 along the sum.
  __device__ __forceinline__ TileReader(const Matrix<T>& matrix, i64 index)
      : matrix_(matrix),
        index_(index),
        aligned_(isAligned16(matrix.data) && matrix.columns % kLanes == 0),
        line_(threadIdx.x / kChunks),
        chunk_(threadIdx.x % kChunks),
        source_(matrix.data + (depth == Depth::kColumns ? index * matrix.columns : index) +
                line_ * matrix.columns + chunk_ * kLanes),
        passStride_(kLinesPerPass * matrix.columns),
        stageStride_(depth == Depth::kColumns ? kDepth<T> : kDepth<T> * matrix.columns),
        target_(pinned(chunkOffset<T, depth>(line_, chunk_))) {}

  // Stages that copyInside may copy: whole ones, with 16-byte accesses.
  __device__ __forceinline__ i64 stagesInside() const {
    i64 extent = depth == Depth::kColumns ? matrix_.rows : matrix_.columns;
    i64 length = depth == Depth::kColumns ? matrix_.columns : matrix_.rows;
    return aligned_ && index_ + kTile <= extent ? length / kDepth<T> : 0;
  }

  // Starts the copy of the next stage into the tile at kOffset bytes from `shared`. Nothing is
  // checked, and all stages before must have been copied like this.
  template <int kOffset>
  __device__ __forceinline__ void copyInside(u32 shared) {
    // The key of the fp32 layout has changed its third bit after every pass of 16 lines.
    constexpr u32 kFlip = sizeof(T) == 4 && depth == Depth::kColumns ? 64 : 0;
    const T* source = source_;
    copyAsync16<kOffset>(shared + target_, source);
    source += passStride_;
    copyAsync16<kOffset + kPassBytes>(shared + (target_ ^ kFlip), source);
    source += passStride_;
    copyAsync16<kOffset + 2 * kPassBytes>(shared + target_, source);
    source += passStride_;
    copyAsync16<kOffset + 3 * kPassBytes>(shared + (target_ ^ kFlip), source);
    source_ += stageStride_;
  }

  // Any stage, any alignment: what lies outside of the matrix becomes zero.
  __device__ __forceinline__ void copyChecked(char* shared, i64 stage) const {
    i64 firstLine = depth == Depth::kColumns ? index_ : stage * kDepth<T>;
    i64 firstColumn = depth == Depth::kColumns ? stage * kDepth<T> : index_;
    i64 column = firstColumn + chunk_ * kLanes;
    i64 left = matrix_.columns - column;
    int width = left <= 0 ? 0 : left < kLanes ? static_cast<int>(left) : kLanes;
#pragma unroll 1
    for (int pass = 0; pass < 4; pass++) {
      u32 line = line_ + pass * kLinesPerPass;
      i64 row = firstLine + line;
      int valid = row < matrix_.rows ? width : 0;
      char* target = shared + chunkOffset<T, depth>(line, chunk_);
      // Nothing is read through `source` when nothing is valid, so it may point anywhere; it stays
      // inside for the sake of those who check addresses.
      const T* source = matrix_.data + (valid > 0 ? row * matrix_.columns + column : 0);
      if (aligned_) {
        copyAsync16(sharedAddress(target), source, valid * sizeof(T));
      } else {
        *reinterpret_cast<uint4*>(target) = gather(source, valid);
      }
    }
  }

 private:
  static constexpr int kLanes = Storage<T>::kLanes;
  static constexpr int kChunks = kChunksPerLine<T, depth>;
  static constexpr int kLinesPerPass = kGemmThreads / kChunks;
  static constexpr int kPassBytes = kLinesPerPass * kChunks * 16;

  // A chunk read element by element: `valid` of them, then zeros.
  static __device__ __forceinline__ uint4 gather(const T* source, int valid) {
    using Bits = std::conditional_t<sizeof(T) == 2, unsigned short, u32>;
    const Bits* bits = reinterpret_cast<const Bits*>(source);
    u32 word[4] = {0, 0, 0, 0};
#pragma unroll
    for (int i = 0; i < kLanes; i++) {
      int shift = 8 * sizeof(T) * (i % Word<T>::kLanes);
      if (i < valid) word[i / Word<T>::kLanes] |= static_cast<u32>(bits[i]) << shift;
    }
    return make_uint4(word[0], word[1], word[2], word[3]);
  }

  Matrix<T> matrix_;
  i64 index_;
  bool aligned_;
  u32 line_;
  u32 chunk_;
  const T* source_;  // this thread's first chunk of the next stage
  i64 passStride_;
  i64 stageStride_;
  u32 target_;
};

}  // namespace lockstep
