// Brings one operand of a matrix product into shared memory, stage after stage.
#pragma once

#include <type_traits>
#include <utility>

#include "cp_async.cuh"
#include "gemm_tile.cuh"

namespace lockstep {

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

// How the threads of a block share out one operand of a stage: 16 bytes each, side by side along a
// line (at most 128 bytes of it, so that the rest of the line is a constant away), then the lines:
// all of them at once, where 64 bytes side by side are enough for that, so that one address serves.
template <class T, class Operand, int kExtent, int kDepthBytes, int kThreads>
class OperandCopy {
  using Layout = OperandLayout<T, Operand, kExtent, kDepthBytes>;
  static constexpr Depth depth = Operand::kDepth;
  static constexpr int kLanes = Storage<T>::kLanes;
  static constexpr int kMost = Layout::kLineBytes < 128 ? Layout::kLineBytes / 16 : 8;
  static constexpr bool kNarrow =
      depth == Depth::kRows && sizeof(T) == 2 && kThreads / Layout::kLines < kMost;
  static constexpr int kSide = kNarrow ? 4 : kMost;
  static constexpr int kSegments = Layout::kLineBytes / (16 * kSide);
  static constexpr int kPassLines = kThreads / kSide;
  static constexpr int kPassBytes = kPassLines * Layout::kLineBytes;
  static constexpr int kPasses = Layout::kLines / kPassLines;
  static_assert(kPasses >= 1 && kPasses * kPassLines == Layout::kLines, "whole passes");

  // By what the places of every other pass differ: in some layouts keys change from pass to pass.
  static constexpr u32 kFlip =
      depth == Depth::kColumns ? static_cast<u32>(Layout::key(kPassLines)) << 4 : 0;
  static_assert(Layout::key(2 * kPassLines) == 0, "and in none from pass to pass but one");
  // By what the places of every other segment differ, if they are not a constant apart.
  static constexpr u32 kTurn = kNarrow ? 64 : 0;

  static __device__ __forceinline__ u32 line() { return threadIdx.x / kSide; }
  static __device__ __forceinline__ u32 chunk() { return threadIdx.x % kSide; }

 public:
  // Whether stages lie a constant apart in global memory.
  static constexpr bool kConstantStages = depth == Depth::kColumns;

  // The tile that starts at `index` along the result, and at 0 along the sum; its first stage goes
  // to the shared memory at `target`.
  //
  // Rows and columns beyond the matrix add to results that nobody stores: a row is replaced by the
  // last one; columns by what follows in memory, as long as that is part of the matrix.
  __device__ __forceinline__ OperandCopy(const Matrix<T>& matrix, i64 index, u32 target)
      : target_(pinned(target + Layout::offset(line(), chunk()))),
        stride_(kConstantStages
                    ? 0
                    : pinned(matrix.columns * static_cast<i64>(sizeof(T)) * Layout::kDepth)) {
    const i64 pitch = matrix.columns * static_cast<i64>(sizeof(T));
    const i64 first = depth == Depth::kColumns ? index * pitch : index * sizeof(T);
    const char* start =
        pinned(reinterpret_cast<const char*>(matrix.data) + first + 16 * chunk());
    const i64 beyond = (depth == Depth::kColumns ? matrix.rows : matrix.columns) - index;
    const u32 last = static_cast<u32>(min(beyond, static_cast<i64>(kExtent))) - 1;
    const char* own = start + line() * pitch;
    if (depth == Depth::kRows || last == kExtent - 1) {
#pragma unroll
      for (int pass = 0; pass < kPasses; pass++) {
        source_[pass] = own = pinned(own);
        own += kPassLines * pitch;
      }
    } else {
#pragma unroll
      for (int pass = 0; pass < kPasses; pass++) {
        source_[pass] = pinned(start + min(line() + pass * kPassLines, last) * pitch);
      }
    }
  }

  // How deep the part of the matrix is that start() may copy, if aligned. Where the tile ends beside
  // the matrix that is not all of it: of the last lines, which have kLanes elements or more, a copy
  // would reach behind the end.
  static __device__ __forceinline__ i64 unchecked(const Matrix<T>& matrix, i64 index) {
    if constexpr (depth == Depth::kColumns) return matrix.columns;
    return matrix.columns - index < kExtent ? max(matrix.rows - kExtent / kLanes, 0ll)
                                            : matrix.rows;
  }

  // Whether all lines begin on a 16-byte boundary, as copies that bypass registers need it.
  static __device__ __forceinline__ bool aligned(const Matrix<T>& matrix) {
    return rowsAligned(matrix.columns * sizeof(T), matrix.data);
  }

  // Starts the copy of the stage kAhead after the current one to kTo + `to` bytes behind the
  // target. Nothing is checked and nothing worked out anew: all time goes to where this is called.
  template <int kTo, int kAhead>
  __device__ __forceinline__ void start(u32 to) const {
    constexpr u32 kOther = kFlip | kTurn;
    const u32 target = target_ + to;
    const u32 other = kOther == 0 ? target : (target_ ^ kOther) + to;
    startPasses<kTo, kAhead>(target, other, std::make_integer_sequence<int, kPasses>());
  }

  // Moves on by kCount stages.
  template <int kCount>
  __device__ __forceinline__ void advance() {
#pragma unroll
    for (int pass = 0; pass < kPasses; pass++) {
      if constexpr (depth == Depth::kColumns) {
        source_[pass] += kCount * kDepthBytes;
      } else {
        static_assert(kCount == 1, "where stages are not a constant apart, one by one");
        source_[pass] = pinned(source_[pass] + stride_);  // or several steps would become products
      }
    }
  }

  // Copies any stage of a matrix of any alignment: what lies outside becomes zero, which adds
  // nothing to any sum.
  static __device__ __forceinline__ void copyChecked(const Matrix<T>& matrix, i64 index, i64 stage,
                                                     char* shared) {
    constexpr int kChunks = Layout::kLineBytes / 16;
    const i64 firstLine = depth == Depth::kColumns ? index : stage * Layout::kDepth;
    const i64 firstColumn = depth == Depth::kColumns ? stage * Layout::kDepth : index;
    const bool whole = aligned(matrix);
#pragma unroll 1
    for (u32 i = threadIdx.x; i < kChunks * Layout::kLines; i += kThreads) {
      const u32 line = i / kChunks;
      const u32 chunk = i % kChunks;
      const i64 row = firstLine + line;
      const i64 column = firstColumn + chunk * kLanes;
      const i64 left = row < matrix.rows ? matrix.columns - column : 0;
      const int valid = static_cast<int>(min(max(left, 0ll), static_cast<i64>(kLanes)));
      char* target = shared + Layout::offset(line, chunk);
      // Nothing is read where nothing is valid; the address stays inside all the same, since a
      // copy of zero bytes is still given one.
      const T* source = matrix.data + (valid > 0 ? row * matrix.columns + column : 0);
      if (whole) {
        copyAsync16<0, 0>(sharedAddress(target), source, valid * sizeof(T));
      } else {
        *reinterpret_cast<uint4*>(target) = gather(source, valid);
      }
    }
  }

 private:
  template <int kTo, int kAhead, int... kPass>
  __device__ __forceinline__ void startPasses(u32 target, u32 other,
                                              std::integer_sequence<int, kPass...>) const {
    (startSegments<kTo + kPass * kPassBytes, kAhead>(
         kFlip != 0 && kPass % 2 != 0 ? other : target, other, source_[kPass],
         std::make_integer_sequence<int, kSegments>()),
     ...);
  }

  template <int kTo, int kAhead, int... kSegment>
  __device__ __forceinline__ void startSegments(u32 target, u32 other, const char* source,
                                                std::integer_sequence<int, kSegment...>) const {
    constexpr int kSideBytes = 16 * kSide;
    constexpr int kFrom = depth == Depth::kColumns ? kAhead * kDepthBytes : 0;
    static_assert(depth == Depth::kColumns || kAhead == 0, "stages that are not a constant apart");
    (copyAsync16<kTo + (kTurn == 0 ? kSegment : kSegment & ~1) * kSideBytes,
                 kFrom + kSegment * kSideBytes>(
         kTurn != 0 && kSegment % 2 != 0 ? other : target, source),
     ...);
  }

  const char* source_[kPasses];  // this thread's first chunk of each pass, of the current stage
  u32 target_;
  i64 stride_;  // bytes from stage to stage where they are not a constant
};

}  // namespace lockstep
