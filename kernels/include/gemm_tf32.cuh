// The tensor core engine for fp32 operands: mma m16n8k8 on factors rounded to TF32, which has the
// exponents of fp32 and 10 bits of fraction. Products of such factors are exact, sums are fp32.
//
// Tf32<1> multiplies the rounded factors and nothing more: each product is off by at most 2^-10,
// relatively. Tf32<3> also keeps what rounding cut off, rounded itself, and adds up
//   small a * big b + big a * small b + big a * big b,
// so that at most 3 * 2^-22 of a product is missing, for three times the work. What it cuts off an
// infinity is NaN, and so is each sum with one.
//
// An operand with the depth in columns comes by ldmatrix, which moves rows of 16 bytes: a lane gets
// one word of four, the element TF32 fragments want. ldmatrix cannot turn words around, so with the
// depth in rows a lane reads neighbours along the line, for several fragments at once; fragments
// take rows and columns of the result in the order in which this gives them.
#pragma once

#include "gemm.cuh"

namespace lockstep {

// A float in memory, to be multiplied in as many products.
template <int kTerms>
struct Tf32 {
  static_assert(kTerms == 1 || kTerms == 3, "rounded, or rounded with what that cut off");
  float value;
};

template <int kTerms>
struct Storage<Tf32<kTerms>> {
  static constexpr int kLanes = 4;
};

// With the depth in rows, quarter warps read 32 bytes each of four lines.
template <int kTerms, class Operand, int kExtent, int kDepthBytes>
struct OperandLayout<Tf32<kTerms>, Operand, kExtent, kDepthBytes> {
  static constexpr Depth depth = Operand::kDepth;
  using Halves = OperandLayout<__half, Operand, kExtent, kDepthBytes>;
  static constexpr int kDepth = kDepthBytes / 4;
  static constexpr int kLines = depth == Depth::kColumns ? kExtent : kDepth;
  static constexpr int kLineBytes = depth == Depth::kColumns ? kDepthBytes : kExtent * 4;

  static constexpr __device__ __forceinline__ u32 key(u32 line) {
    if constexpr (depth == Depth::kColumns) return Halves::key(line);
    return 2 * (line & 3);
  }

  static __device__ __forceinline__ u32 offset(u32 line, u32 chunk) {
    return line * kLineBytes + ((chunk ^ key(line)) << 4);
  }
};

// Reads 16 x 8 pieces of the left operand, for the rows of the result of one warp, as mma wants
// them: registers 0 and 1 of a lane are two rows at depth lane % 4, 2 and 3 the same rows four
// further on. Row 8 i + lane / 4 of a fragment is the same row of the piece where the depth is in
// columns, otherwise row 2 (lane / 4) + i.
template <class T, class Operand, int kExtent, int kDepthBytes, int kWarpExtent>
class LeftWords {
  using Layout = OperandLayout<T, Operand, kExtent, kDepthBytes>;
  static_assert(Operand::kDepth == Depth::kRows, "FragmentReader does the others");

 public:
  struct Addresses {
    u32 base[2];  // of even and of odd pieces, which the key keeps from being a constant apart
  };

  static __device__ __forceinline__ Addresses at(u32 tile, u32 index) {
    const u32 group = (threadIdx.x & 31) >> 2;
    const u32 line = threadIdx.x & 3;
    const u32 first = tile + Layout::offset(line, index / 4 + group / 2) + 8 * (group & 1);
    return {pinned(first), pinned(first ^ 64)};
  }

  static __device__ __forceinline__ Addresses moved(Addresses addresses, u32 bytes) {
    return {addresses.base[0] + bytes, addresses.base[1] + bytes};
  }

  template <int kOffset, int kStep, int kPiece>
  static __device__ __forceinline__ void load(u32 (&piece)[4], const Addresses& addresses) {
    constexpr int kPlace = kOffset + 8 * kStep * Layout::kLineBytes + kPiece / 2 * 128;
    loadShared<kPlace>(piece[0], piece[1], addresses.base[kPiece % 2]);
    loadShared<kPlace + 4 * Layout::kLineBytes>(piece[2], piece[3], addresses.base[kPiece % 2]);
  }
};

// Reads 8 x 32 pieces of the right operand, for the columns of the result of one warp, as four
// fragments: register 0 of a lane is a column at depth lane % 4, 1 the same four further on. Either
// way a lane then has eight neighbouring columns of the result, from 8 (lane % 4) on: columns 2 i
// and 2 i + 1 in fragment i where the depth is in columns, otherwise columns i and i + 4.
template <class T, class Operand, int kExtent, int kDepthBytes, int kWarpExtent>
class RightWords {
  using Layout = OperandLayout<T, Operand, kExtent, kDepthBytes>;
  using Pairs = FragmentReader<T, Operand, kExtent, kDepthBytes, kWarpExtent>;
  static constexpr bool kInRows = Operand::kDepth == Depth::kRows;
  struct Address {
    u32 base;
  };

 public:
  using Addresses = std::conditional_t<kInRows, Address, typename Pairs::Addresses>;

  static __device__ __forceinline__ Addresses at(u32 tile, u32 index) {
    if constexpr (kInRows) {
      const u32 group = (threadIdx.x & 31) >> 2;
      return {pinned(tile + Layout::offset(threadIdx.x & 3, index / 4 + group))};
    } else {
      return Pairs::at(tile, index);
    }
  }

  static __device__ __forceinline__ Addresses moved(Addresses addresses, u32 bytes) {
    if constexpr (kInRows) {
      return {addresses.base + bytes};
    } else {
      return Pairs::moved(addresses, bytes);
    }
  }

  template <int kOffset, int kStep, int kPiece>
  static __device__ __forceinline__ void load(u32 (&fragment)[4][2], const Addresses& addresses) {
    if constexpr (kInRows) {
      constexpr int kPlace = kOffset + 8 * kStep * Layout::kLineBytes + kPiece * 128;
      u32 near[4];
      u32 far[4];
      loadShared<kPlace>(near, addresses.base);
      loadShared<kPlace + 4 * Layout::kLineBytes>(far, addresses.base);
#pragma unroll
      for (int i = 0; i < 4; i++) {
        fragment[i][0] = near[i];
        fragment[i][1] = far[i];
      }
    } else {
      u32 pair[2][4];
      Pairs::template load<kOffset, kStep, 2 * kPiece>(pair[0], addresses);
      Pairs::template load<kOffset, kStep, 2 * kPiece + 1>(pair[1], addresses);
#pragma unroll
      for (int i = 0; i < 4; i++) {
        fragment[i][0] = pair[i / 2][i % 2];
        fragment[i][1] = pair[i / 2][i % 2 + 2];
      }
    }
  }
};

template <int kTerms, Depth leftDepth, Depth rightDepth, class Tile>
class GemmEngine<Tf32<kTerms>, leftDepth, rightDepth, Tile> {
  using T = Tf32<kTerms>;
  static constexpr int kProducts = Tile::kProducts;
  static constexpr int kPiecesDown = Tile::kWarpRows / 16;
  static constexpr int kPiecesAcross = Tile::kWarpColumns / 32;
  static constexpr int kSteps = Tile::kDepthBytes / 32;
  static constexpr int kParts = kTerms == 1 ? 1 : 2;  // big, and small
  static constexpr bool kLeftInRows = leftDepth == Depth::kRows;
  static constexpr bool kRightInRows = rightDepth == Depth::kRows;
  using LeftOperand = Operand<Side::kLeft, leftDepth>;
  using Left =
      std::conditional_t<kLeftInRows,
                         LeftWords<T, Operand<Side::kLeft, Depth::kRows>, Tile::kRows,
                                   Tile::kDepthBytes, Tile::kWarpRows>,
                         FragmentReader<T, LeftOperand, Tile::kRows, Tile::kDepthBytes,
                                        Tile::kWarpRows>>;
  using Right = RightWords<T, Operand<Side::kRight, rightDepth>, Tile::kColumns, Tile::kDepthBytes,
                           Tile::kWarpColumns>;
  static_assert(Tile::kWarpColumns % 32 == 0 && Tile::kWarpRows % 32 == 0, "whole pieces");
  static_assert(!Tile::kUnrolled, "tensor cores take longer than the instructions that saves");

 public:
  // For operands whose stages begin at `shared`. Holds nothing before clear().
  __device__ __forceinline__ explicit GemmEngine(const char* shared)
      : left_(Left::at(sharedAddress(shared), Tile::warpRow())),
        right_(Right::at(sharedAddress(shared) + Tile::kLeftBytes, Tile::warpColumn())) {}

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int i = 0; i < kProducts * kPiecesDown * kPiecesAcross * 16; i += 2) {
      setZero((&sum_[0][0][0][0][0])[i], (&sum_[0][0][0][0][0])[i + 1]);
    }
  }

  // Adds the stage `bytes` behind the first.
  __device__ __forceinline__ void multiply(u32 bytes) {
    steps(Left::moved(left_, bytes), Right::moved(right_, bytes),
          std::make_integer_sequence<int, kSteps>());
  }

  // How many neighbouring columns of the result a lane holds, and where the first are within the
  // part of the tile its warp has.
  static constexpr int kTogether = 8;
  __device__ __forceinline__ u32 laneRow() const {
    return ((threadIdx.x & 31) >> 2) * (kLeftInRows ? 2 : 1);
  }
  __device__ __forceinline__ u32 laneColumn() const { return 8 * (threadIdx.x & 3); }

  // Calls store(rows, columns, lanes) for what this thread holds of rows 16 slice ..
  // 16 slice + 15 of its warp's part of a product: so many rows and columns beyond the first of the
  // lane in there. Where the arguments are constants, so are those of the calls.
  //
  // Rows of a lane that are neighbours change places in every other group of lanes: all groups would
  // otherwise store even rows at once, and those meet in a bank.
  template <class Store>
  __device__ __forceinline__ void forEach(int product, int slice, Store store) const {
    const bool swap = kLeftInRows && (threadIdx.x & 4) != 0;
#pragma unroll
    for (int half = 0; half < 2; half++) {
#pragma unroll
      for (int n = 0; n < kPiecesAcross; n++) {
        Lanes<8> lanes;
#pragma unroll
        for (int i = 0; i < 4; i++) {
          const float(&c)[4] = sum_[product][slice][n][i];
          lanes.lane[kRightInRows ? i : 2 * i] = swap ? c[2 - 2 * half] : c[2 * half];
          lanes.lane[kRightInRows ? i + 4 : 2 * i + 1] = swap ? c[3 - 2 * half] : c[2 * half + 1];
        }
        const u32 near = half ^ static_cast<int>(swap);
        store(kLeftInRows ? near : 8 * half, 32 * n, lanes);
      }
    }
  }

 private:
  using LeftAt = typename Left::Addresses;
  using RightAt = typename Right::Addresses;

  template <int... kStep>
  __device__ __forceinline__ void steps(const LeftAt& left, const RightAt& right,
                                        std::integer_sequence<int, kStep...>) {
    (step<kStep>(left, right, std::make_integer_sequence<int, kPiecesDown>()), ...);
  }

  template <int kStep, int... kPiece>
  __device__ __forceinline__ void step(const LeftAt& left, const RightAt& right,
                                       std::integer_sequence<int, kPiece...>) {
    u32 a[kParts][kPiecesDown][4];
    (Left::template load<0, kStep, kPiece>(a[0][kPiece], left), ...);
#pragma unroll
    for (int m = 0; m < kPiecesDown; m++) {
#pragma unroll
      for (int i = 0; i < 4; i++) split(a[0][m][i], a[kParts - 1][m][i]);
    }
    constexpr auto kPieces = std::make_integer_sequence<int, kPiecesAcross>();
    product<kStep, 0>(a, right, kPieces);
    if constexpr (kProducts == 2) product<kStep, 1>(a, right, kPieces);
  }

  template <int kStep, int kProduct, int... kPiece>
  __device__ __forceinline__ void product(const u32 (&a)[kParts][kPiecesDown][4],
                                          const RightAt& right,
                                          std::integer_sequence<int, kPiece...>) {
    (piece<kStep, kProduct, kPiece>(a, right), ...);
  }

  template <int kStep, int kProduct, int kPiece>
  __device__ __forceinline__ void piece(const u32 (&a)[kParts][kPiecesDown][4],
                                        const RightAt& right) {
    u32 b[kParts][4][2];
    Right::template load<kProduct * Tile::kRightBytes, kStep, kPiece>(b[0], right);
#pragma unroll
    for (int i = 0; i < 8; i++) split(b[0][i / 2][i % 2], b[kParts - 1][i / 2][i % 2]);
    float(&sum)[kPiecesDown][kPiecesAcross][4][4] = sum_[kProduct];
#pragma unroll
    for (int i = 0; i < 4; i++) {
#pragma unroll
      for (int term = 0; term < kTerms; term++) {  // the smallest first
        const int ofA = kTerms == 3 && term == 0 ? 1 : 0;
        const int ofB = kTerms == 3 && term == 1 ? 1 : 0;
#pragma unroll
        for (int m = 0; m < kPiecesDown; m++) {
          multiplyAddTf32(sum[m][kPiece][i], a[ofA][m], b[ofB][i]);
        }
      }
    }
  }

  // Rounds a factor; `small` becomes what that cut off, where there is a place for it.
  static __device__ __forceinline__ void split(u32& factor, u32& small) {
    const u32 big = roundToTf32(factor);
    if constexpr (kTerms == 3) small = roundToTf32(cutOffByTf32(factor, big));
    factor = big;
  }

  LeftAt left_;
  RightAt right_;
  // [..][16 rows][32 columns][8 of those][as mma has them]
  float sum_[kProducts][kPiecesDown][kPiecesAcross][4][4];
};

}  // namespace lockstep
