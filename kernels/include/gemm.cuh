// The main loop of every matrix product (or of two products with the same left operand): per block
// one tile of result[row, column] = sum over depth of left(row, depth) * right(column, depth), in
// fp32.
//
// Stages of the sum wait their turn in a ring in shared memory: while one is multiplied, the next
// are on their way from global memory. The order of the sum is a function of the depth alone
// (ascending, in steps of 16 for mma), so a row has the same bits alone or in a batch, in any tile,
// on any grid.
//
// Next to this loop a Hopper one (wgmma fed by TMA) would take its place: engine and copies are
// what it would bring along, tiles and epilogues stay.
#pragma once

#include "gemm_copy.cuh"
#include "gemm_mma.cuh"
#include "gemm_simt.cuh"
#include "gemm_tile.cuh"

namespace lockstep {

template <class T, Depth leftDepth, Depth rightDepth, class Tile>
struct GemmEngine : MmaEngine<T, leftDepth, rightDepth, Tile> {
  using MmaEngine<T, leftDepth, rightDepth, Tile>::MmaEngine;
};

template <Depth leftDepth, Depth rightDepth, class Tile>
struct GemmEngine<float, leftDepth, rightDepth, Tile> : SimtEngine<leftDepth, rightDepth, Tile> {
  using SimtEngine<leftDepth, rightDepth, Tile>::SimtEngine;
};

// The shared memory of a block. More than a kernel may declare comes from the launch.
template <class Tile>
__device__ __forceinline__ char* tileMemory() {
  constexpr int kMostDeclared = 48 << 10;
  if constexpr (Tile::kSharedBytes > kMostDeclared) {
    extern __shared__ __align__(128) char launched[];
    return launched;
  } else {
    __shared__ __align__(128) char declared[Tile::kSharedBytes];
    return declared;
  }
}

// Starts the copies of stages, of all operands.
template <class T, Depth leftDepth, Depth rightDepth, class Tile>
class StageCopies {
  static constexpr int kProducts = Tile::kProducts;
  using Left = OperandCopy<T, Operand<Side::kLeft, leftDepth>, Tile::kRows, Tile::kDepthBytes,
                           Tile::kThreads>;
  using Right = OperandCopy<T, Operand<Side::kRight, rightDepth>, Tile::kColumns, Tile::kDepthBytes,
                            Tile::kThreads>;
  struct None {
    __device__ __forceinline__ None(const Matrix<T>&, i64, u32) {}
  };
  using Last = std::conditional_t<kProducts == 2, Right, None>;
  static constexpr int kRight = Tile::kLeftBytes;
  static constexpr int kLast = Tile::kLeftBytes + Tile::kRightBytes;

 public:
  __device__ __forceinline__ StageCopies(const Matrix<T>& left, const Matrix<T> (&right)[kProducts],
                                         i64 firstRow, i64 firstColumn, char* shared)
      : leftMatrix_(left),
        rightMatrix_(right[0]),
        lastMatrix_(right[kProducts - 1]),
        firstRow_(firstRow),
        firstColumn_(firstColumn),
        shared_(shared),
        left_(left, firstRow, sharedAddress(shared)),
        right_(right[0], firstColumn, sharedAddress(shared)),
        last_(right[kProducts - 1], firstColumn, sharedAddress(shared)) {}

  // How deep a sum may be whose copies need no checks.
  __device__ __forceinline__ i64 unchecked() const {
    const bool aligned =
        Left::aligned(leftMatrix_) & Right::aligned(rightMatrix_) & Right::aligned(lastMatrix_);
    return aligned ? min(Left::unchecked(leftMatrix_, firstRow_),
                         Right::unchecked(rightMatrix_, firstColumn_))
                   : 0;
  }

  // The stage after the current one becomes the current one...
  __device__ __forceinline__ void advance() {
    left_.template advance<1>();
    right_.template advance<1>();
    if constexpr (kProducts == 2) last_.template advance<1>();
  }

  // ...whose copy this starts, to the place `bytes` behind the first.
  __device__ __forceinline__ void startWhole(u32 bytes) const {
    left_.template start<0, 0>(bytes);
    right_.template start<kRight, 0>(bytes);
    if constexpr (kProducts == 2) last_.template start<kLast, 0>(bytes);
  }

  // The same inside an unrolled turn of the ring, for its stage kAhead, to the constant place
  // kPlace. Operands whose stages lie a constant apart move on at the end of the turn only; none
  // moves where there is nothing more to copy, unlike kMoves.
  template <int kPlace, int kAhead, bool kMoves = true>
  __device__ __forceinline__ void startWithin() {
    constexpr int kTo = kPlace * Tile::kStageBytes;
    startAndMove<kTo, kAhead, kMoves>(left_);
    startAndMove<kTo + kRight, kAhead, kMoves>(right_);
    if constexpr (kProducts == 2) startAndMove<kTo + kLast, kAhead, kMoves>(last_);
  }

  // They do so here, by kCount stages.
  template <int kCount>
  __device__ __forceinline__ void finishTurn() {
    if constexpr (Left::kConstantStages) left_.template advance<kCount>();
    if constexpr (Right::kConstantStages) {
      right_.template advance<kCount>();
      if constexpr (kProducts == 2) last_.template advance<kCount>();
    }
  }

  // Any stage, however far it reaches beyond the operands.
  __device__ __forceinline__ void startChecked(i64 stage, u32 bytes) const {
    char* target = shared_ + bytes;
    Left::copyChecked(leftMatrix_, firstRow_, stage, target);
#pragma unroll 1
    for (int product = 0; product < kProducts; product++) {
      const Matrix<T> matrix{product == 0 ? rightMatrix_.data : lastMatrix_.data,
                             rightMatrix_.rows, rightMatrix_.columns};
      Right::copyChecked(matrix, firstColumn_, stage,
                         target + kRight + product * Tile::kRightBytes);
    }
  }

 private:
  template <int kTo, int kAhead, bool kMoves, class Copy>
  static __device__ __forceinline__ void startAndMove(Copy& copy) {
    if constexpr (Copy::kConstantStages) {
      copy.template start<kTo, kAhead>(0);
    } else {
      copy.template start<kTo, 0>(0);
      if constexpr (kMoves) copy.template advance<1>();
    }
  }

  Matrix<T> leftMatrix_;
  Matrix<T> rightMatrix_;
  Matrix<T> lastMatrix_;
  i64 firstRow_;
  i64 firstColumn_;
  char* shared_;
  Left left_;
  Right right_;
  Last last_;
};

// Of a ring of two stages one is on its way at a time, so that there is nothing to tell apart.
template <class Tile>
__device__ __forceinline__ void commitStage() {
  if constexpr (Tile::kStages > 2) commitCopies();
}

// Waits for the oldest of the stages that are on their way.
template <class Tile>
__device__ __forceinline__ void waitForStage() {
  if constexpr (Tile::kStages > 2) {
    waitForCopies<Tile::kStages - 2>();
  } else {
    waitForAllCopies();
  }
}

// A stage of an unrolled turn, whose first step is done: completes place kPlace, while the stage
// kStages - 1 later goes to the place before, which everyone has read, and begins the next.
template <class Tile, int kPlace, bool kMoves = true, class Engine, class Copies>
__device__ __forceinline__ void turnStage(Engine& engine, Copies& copies) {
  copies.template startWithin<(kPlace + Tile::kStages - 1) % Tile::kStages, kPlace, kMoves>();
  commitStage<Tile>();
  engine.template finishStage<kPlace>();
  waitForStage<Tile>();
  // Everyone's copies of the next stage are visible, and nobody reads this one any more.
  __syncthreads();
  engine.template beginStage<(kPlace + 1) % Tile::kStages, false>();
}

template <class Tile, class Engine, class Copies, int... kPlace>
__device__ __forceinline__ void turn(Engine& engine, Copies& copies,
                                     std::integer_sequence<int, kPlace...>) {
  (turnStage<Tile, kPlace>(engine, copies), ...);
  copies.template finishTurn<Tile::kStages>();
}

// Multiplies the last stages but the first of them, which have been copied to the first places.
template <class Tile, class Engine, int... kPlace>
__device__ __forceinline__ void drainRing(Engine& engine, std::integer_sequence<int, kPlace...>) {
  ((waitForCopies<Tile::kStages - 3 - kPlace>(), __syncthreads(),
    engine.template beginStage<kPlace + 1, false>(), engine.template finishStage<kPlace + 1>()),
   ...);
}

// Starts the copies of all stages but one, to the first places.
template <class Tile, class Copies, int... kPlace>
__device__ __forceinline__ void fillRing(Copies& copies, std::integer_sequence<int, kPlace...>) {
  ((copies.template startWithin<kPlace, kPlace>(), commitStage<Tile>()), ...);
  copies.template finishTurn<Tile::kStages - 1>();
}

// Adds left * right to what the engine holds, or to nothing where `first`. Called by the whole
// block; `shared` has Tile::kSharedBytes, aligned to 128, and is free again for other uses when
// this returns.
template <class T, Depth leftDepth, Depth rightDepth, class Tile>
__device__ __forceinline__ void addProduct(GemmEngine<T, leftDepth, rightDepth, Tile>& engine,
                                           const Matrix<T>& left,
                                           const Matrix<T> (&right)[Tile::kProducts],
                                           const TilePlace<Tile>& tile, bool first, char* shared) {
  constexpr int kStages = Tile::kStages;
  constexpr u32 kRingBytes = kStages * Tile::kStageBytes;
  constexpr int kDepth = Tile::kDepthBytes / sizeof(T);
  StageCopies<T, leftDepth, rightDepth, Tile> copies(left, right, tile.row, tile.column, shared);
  const i64 depth = leftDepth == Depth::kColumns ? left.columns : left.rows;
  const i64 whole = pinned(static_cast<i64>(static_cast<u64>(copies.unchecked()) / kDepth));
  const i64 stages = pieces<kDepth>(depth);

  // Stage `next` is copied while the stage kStages - 1 before it is multiplied, whose place in the
  // ring is the one that follows. The loop begins with copies alone and ends with products alone,
  // so that the code of either appears once; unless turns of the ring come first, after which
  // nothing may be left but to drain it.
  i64 next = 0;
  i64 begin = kStages - 1;  // when products do
  u32 place = 0;
  const bool turns = Tile::kUnrolled && whole >= 2 * kStages - 1;
  if (first && !turns) engine.clear();
  if constexpr (Tile::kUnrolled) {
    if (turns) {
      u32 left = static_cast<u32>(whole - (kStages - 1)) / kStages;
      next = pinned(static_cast<i64>(left * kStages + (kStages - 1)));
      fillRing<Tile>(copies, std::make_integer_sequence<int, kStages - 1>());
      waitForStage<Tile>();
      __syncthreads();
      if (first) {
        engine.template beginStage<0, true>();
      } else {
        engine.template beginStage<0, false>();
      }
#pragma unroll 1
      do {
        turn<Tile>(engine, copies, std::make_integer_sequence<int, kStages>());
      } while (--left > 0);
      // Of a ring of two stages one may be left, which makes no turn.
      const bool half = kStages == 2 && next < whole;
      if (half) {
        turnStage<Tile, 0, false>(engine, copies);
        engine.template finishStage<1>();
        next = whole;
      } else {
        engine.template finishStage<0>();
      }
      if (next == stages) {
        drainRing<Tile>(engine, std::make_integer_sequence<int, kStages - 2>());
        __syncthreads();
        return;
      }
      begin = next + 1;
      place = half ? 0 : (kStages - 1) * Tile::kStageBytes;
    }
  }
  const i64 end = pinned(stages + kStages - 1);
#pragma unroll 1
  for (; next < end; next++) {
    if (next >= begin) {
      waitForStage<Tile>();
      // Everyone's copies of the stage are visible, and nobody reads the one before any more.
      __syncthreads();
    }
    if (next < whole) {
      copies.startWhole(place);
      copies.advance();
    } else if (next < stages) {
      copies.startChecked(next, place);
    }
    commitStage<Tile>();
    place = place + Tile::kStageBytes == kRingBytes ? 0 : place + Tile::kStageBytes;
    if (next >= begin) {
      if constexpr (Tile::kUnrolled && kStages == 2) {
        engine.multiplyLast(place, depth - (next - (kStages - 1)) * kDepth);
      } else {
        engine.multiply(place);
      }
    }
  }
  __syncthreads();
}

}  // namespace lockstep
