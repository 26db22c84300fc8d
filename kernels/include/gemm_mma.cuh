// The 16-bit engine of a block: each warp multiplies its part of the tile on tensor cores.
#pragma once

#include <utility>

#include "cp_async.cuh"
#include "gemm_tile.cuh"
#include "mma.cuh"

namespace lockstep {

// Reads fragments of one operand, for the kWarpExtent rows or columns of the result of one warp.
// Both layouts deliver the same four 8 x 8 matrices per 16 x 16 piece [result index, depth]:
//   0: indices 0-7, depth 0-7   1: indices 8-15, depth 0-7   2, 3: the same with depth 8-15.
//
// Where an operand is spread, index 8 p + 2 f + i (i = 0, 1; f, p = 0 .. 3) of every 32 is at place
// 2 p + i of eight number f.
//
// What lies between pieces leaves the key of the swizzle as it is, so along the lines of shared
// memory they are a constant apart, and only the steps across a line take an address each.
template <class T, class Operand, int kExtent, int kDepthBytes, int kWarpExtent>
class FragmentReader {
  using Layout = OperandLayout<T, Operand, kExtent, kDepthBytes>;
  static constexpr Depth depth = Operand::kDepth;

 public:
  static constexpr int kSteps = kDepthBytes / 32;
  static constexpr int kPieces = kWarpExtent / 16;

  struct Addresses {
    u32 base[depth == Depth::kColumns ? kSteps : kPieces];
  };

  // For a warp whose part begins at `index` of the tile at shared address `tile`.
  static __device__ __forceinline__ Addresses at(u32 tile, u32 index) {
    const u32 lane = threadIdx.x & 31;
    u32 place = Operand::kSpread ? ((lane & 6) << 2) + ((lane & 8) >> 2) + (lane & 1) : lane & 15;
    u32 line = depth == Depth::kColumns ? index + place : (lane & 7) + 8 * (lane >> 4);
    u32 chunk = depth == Depth::kColumns ? lane >> 4 : index / 8 + ((lane >> 3) & 1);
    const u32 first = tile + Layout::offset(line, chunk);
    Addresses addresses;
#pragma unroll
    for (int i = 0; i < kBases; i++) {  // two chunks apart, of which bit 1 and above are zero
      addresses.base[i] = pinned(first ^ (32 * i));
    }
    return addresses;
  }

  // The same, `bytes` further on.
  static __device__ __forceinline__ Addresses moved(Addresses addresses, u32 bytes) {
#pragma unroll
    for (int i = 0; i < kBases; i++) addresses.base[i] += bytes;
    return addresses;
  }

  // The same, `bytes` further on and as if `step` were the first step of a stage.
  static __device__ __forceinline__ Addresses movedToStep(Addresses addresses, u32 bytes,
                                                          u32 step) {
    if constexpr (depth == Depth::kColumns) {
      addresses.base[0] = (addresses.base[0] ^ (32 * step)) + bytes;
      return addresses;
    } else {
      return moved(addresses, bytes + Layout::kLineBytes * 16 * step);
    }
  }

  // Piece kPiece (indices 16 kPiece ..) at depth 16 kStep of the operand kOffset bytes on.
  template <int kOffset, int kStep, int kPiece>
  static __device__ __forceinline__ void load(u32 (&matrix)[4], const Addresses& addresses) {
    constexpr int kLine = Layout::kLineBytes;
    if constexpr (depth == Depth::kColumns) {
      constexpr int kLines = Operand::kSpread ? kPiece / 2 * 32 + kPiece % 2 * 4 : 16 * kPiece;
      loadMatrices<kOffset + kLine * kLines, false>(matrix, addresses.base[kStep]);
    } else {
      loadMatrices<kOffset + kLine * 16 * kStep, true>(matrix, addresses.base[kPiece]);
    }
  }

 private:
  static constexpr int kBases = depth == Depth::kColumns ? kSteps : kPieces;
};

template <class T, Depth leftDepth, Depth rightDepth, class Tile>
class MmaEngine {
  static constexpr int kProducts = Tile::kProducts;
  static constexpr int kPiecesDown = Tile::kWarpRows / 16;
  static constexpr int kPiecesAcross = Tile::kWarpColumns / 8;
  using RightOperand = Operand<Side::kRight, rightDepth>;
  using Left = FragmentReader<T, Operand<Side::kLeft, leftDepth>, Tile::kRows, Tile::kDepthBytes,
                              Tile::kWarpRows>;
  using Right = FragmentReader<T, RightOperand, Tile::kColumns, Tile::kDepthBytes,
                               Tile::kWarpColumns>;

 public:
  // For operands whose stages begin at `shared`. Holds nothing yet: clear() or kFirst comes first.
  __device__ __forceinline__ explicit MmaEngine(const char* shared)
      : left_(Left::at(sharedAddress(shared), Tile::warpRow())),
        right_(Right::at(sharedAddress(shared) + Tile::kLeftBytes, Tile::warpColumn())) {}

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int i = 0; i < kProducts * kPiecesDown * kPiecesAcross * 4; i += 2) {
      setZero((&sum_[0][0][0][0])[i], (&sum_[0][0][0][0])[i + 1]);
    }
  }

  // Adds the first step of the stage at the constant place kPlace, to nothing where kFirst...
  template <int kPlace, bool kFirst>
  __device__ __forceinline__ void beginStage() {
    step<kPlace * Tile::kStageBytes, 0, kFirst>(left_, right_);
  }

  // ...and the others.
  template <int kPlace>
  __device__ __forceinline__ void finishStage() {
    steps<kPlace * Tile::kStageBytes, 1>(left_, right_,
                                         std::make_integer_sequence<int, Left::kSteps - 1>());
  }

  // Adds the stage `bytes` behind the first.
  __device__ __forceinline__ void multiply(u32 bytes) {
    steps<0, 0>(Left::moved(left_, bytes), Right::moved(right_, bytes),
                std::make_integer_sequence<int, Left::kSteps>());
  }

  // The same, as far as the sum goes, which has `depth` left: little code for rings whose turns leave
  // no stage but the last.
  __device__ __forceinline__ void multiplyLast(u32 bytes, i64 depth) {
    const u32 steps = min(static_cast<i64>(Left::kSteps), pieces<16>(depth));
#pragma unroll 1
    for (u32 i = 0; i < steps; i++) {
      step<0, 0, false>(Left::movedToStep(left_, bytes, i), Right::movedToStep(right_, bytes, i));
    }
  }

  // How many neighbouring columns of the result a lane holds, and where the first are within the
  // part of the tile its warp has.
  static constexpr int kTogether = RightOperand::kSpread ? 8 : 2;
  __device__ __forceinline__ u32 laneRow() const { return (threadIdx.x & 31) >> 2; }
  __device__ __forceinline__ u32 laneColumn() const { return kTogether * (threadIdx.x & 3); }

  // The pair of a lane that holds pairs: of row 8 half + laneRow of a slice, column
  // 8 fragment + laneColumn of its warp's part.
  __device__ __forceinline__ float2 pair(int slice, int half, int fragment) const {
    const float (&c)[4] = sum_[0][slice][fragment];
    return make_float2(c[2 * half], c[2 * half + 1]);
  }

  // Calls store(rows, columns, lanes) for what this thread holds of rows 16 slice ..
  // 16 slice + 15 of its warp's part of a product: so many rows and columns beyond the first of the
  // lane in there. Where the arguments are constants, so are those of the calls.
  template <class Store>
  __device__ __forceinline__ void forEach(int product, int slice, Store store) const {
    constexpr int kFragments = kTogether / 2;
#pragma unroll
    for (int half = 0; half < 2; half++) {
#pragma unroll
      for (int n = 0; n < kPiecesAcross; n += kFragments) {
        Lanes<kTogether> lanes;
#pragma unroll
        for (int i = 0; i < kFragments; i++) {
          lanes.lane[2 * i] = sum_[product][slice][n + i][2 * half];
          lanes.lane[2 * i + 1] = sum_[product][slice][n + i][2 * half + 1];
        }
        store(8 * half, 8 * n, lanes);
      }
    }
  }

 private:
  using LeftAt = typename Left::Addresses;
  using RightAt = typename Right::Addresses;

  template <int kOffset, int kFrom, int... kStep>
  __device__ __forceinline__ void steps(const LeftAt& left, const RightAt& right,
                                        std::integer_sequence<int, kStep...>) {
    (step<kOffset, kFrom + kStep, false>(left, right), ...);
  }

  template <int kOffset, int kStep, bool kFirst>
  __device__ __forceinline__ void step(const LeftAt& left, const RightAt& right) {
    u32 a[kPiecesDown][4];
    loadAll<Left, kOffset, kStep>(a, left, std::make_integer_sequence<int, kPiecesDown>());
    product<kOffset, kStep, 0, kFirst>(a, right);
    if constexpr (kProducts == 2) product<kOffset, kStep, 1, kFirst>(a, right);
  }

  template <int kOffset, int kStep, int kProduct, bool kFirst>
  __device__ __forceinline__ void product(const u32 (&a)[kPiecesDown][4], const RightAt& right) {
    u32 b[kPiecesAcross / 2][4];
    loadAll<Right, kOffset + kProduct * Tile::kRightBytes, kStep>(
        b, right, std::make_integer_sequence<int, kPiecesAcross / 2>());
    const float zero = kFirst ? pinned(0.0f) : 0.0f;
#pragma unroll
    for (int m = 0; m < kPiecesDown; m++) {
#pragma unroll
      for (int n = 0; n < kPiecesAcross; n++) {
        // Columns 8 n of the result are matrices 0 and 2 (n even) or 1 and 3 (n odd) of piece n/2.
        multiplyAdd<T, kFirst>(sum_[kProduct][m][n], a[m], b[n / 2][n % 2], b[n / 2][n % 2 + 2],
                               zero);
      }
    }
  }

  template <class Reader, int kOffset, int kStep, int kCount, int... kPiece>
  static __device__ __forceinline__ void loadAll(u32 (&pieces)[kCount][4],
                                                 const typename Reader::Addresses& addresses,
                                                 std::integer_sequence<int, kPiece...>) {
    (Reader::template load<kOffset, kStep, kPiece>(pieces[kPiece], addresses), ...);
  }

  LeftAt left_;
  RightAt right_;
  // [..][16 rows][8 columns][as mma has them]
  float sum_[kProducts][kPiecesDown][kPiecesAcross][4];
};

}  // namespace lockstep
