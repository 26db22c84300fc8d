// The fp32 engine of a block: warps of 32 x 32 results, each lane with 8 rows and 4 columns of
// that; plain fused multiply-adds.
#pragma once

#include "gemm_tile.cuh"

namespace lockstep {

template <Depth leftDepth, Depth rightDepth, class Tile>
class SimtEngine {
  static constexpr int kProducts = Tile::kProducts;
  static_assert(Tile::kWarpRows == 32 && Tile::kWarpColumns == 32, "what a warp's lanes hold");

 public:
  // For operands whose stages begin at `shared`. Holds nothing before clear().
  __device__ __forceinline__ explicit SimtEngine(const char* shared) : shared_(shared) {
    const u32 lane = threadIdx.x & 31;
    row_ = 4 * (lane >> 3);
    column_ = 4 * (lane & 7);
  }

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int i = 0; i < kProducts * 32; i++) (&sum_[0][0][0])[i] = 0.0f;
  }

  // Adds the stage `bytes` behind the first.
  __device__ __forceinline__ void multiply(u32 bytes) {
    const char* stage = shared_ + bytes;
    const u32 row = Tile::warpRow() + row_;
    const u32 column = Tile::warpColumn() + column_;
#pragma unroll 1
    for (u32 quad = 0; quad < Tile::kDepthBytes / 16; quad++) {
      float a[2][4][4];  // [16 rows further][row][depth]
      load<Side::kLeft, leftDepth, Tile::kRows>(a[0], stage, row, quad);
      load<Side::kLeft, leftDepth, Tile::kRows>(a[1], stage, row + 16, quad);
#pragma unroll
      for (int product = 0; product < kProducts; product++) {
        float b[4][4];  // [column][depth]
        load<Side::kRight, rightDepth, Tile::kColumns>(
            b, stage + Tile::kLeftBytes + product * Tile::kRightBytes, column, quad);
#pragma unroll
        for (int d = 0; d < 4; d++) {
#pragma unroll
          for (int i = 0; i < 8; i++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
              float& sum = sum_[product][i][j];
              sum = fmaf(a[i / 4][i % 4][d], b[j][d], sum);
            }
          }
        }
      }
    }
  }

  // How many neighbouring columns of the result a lane holds, and where the first are within the
  // part of the tile its warp has.
  static constexpr int kTogether = 4;
  __device__ __forceinline__ u32 laneRow() const { return row_; }
  __device__ __forceinline__ u32 laneColumn() const { return column_; }

  // Calls store(rows, columns, lanes) for what this thread holds of rows 16 slice ..
  // 16 slice + 15 of its warp's part of a product: so many rows and columns beyond the first of the
  // lane in there. Where the arguments are constants, so are those of the calls.
  template <class Store>
  __device__ __forceinline__ void forEach(int product, int slice, Store store) const {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const float (&c)[4] = sum_[product][4 * slice + i];
      store(i, 0, Lanes<4>{c[0], c[1], c[2], c[3]});
    }
  }

 private:
  // Four indices by four steps of depth. With the depth in columns a vector holds one index and
  // the lanes of a quarter warp read lines four apart, which the layout puts into different banks;
  // with the depth in rows a vector holds four indices, and it has to be turned around.
  template <Side side, Depth depth, int kExtent>
  static __device__ __forceinline__ void load(float (&values)[4][4], const char* tile,
                                              u32 index, u32 quad) {
    using Layout = OperandLayout<float, Operand<side, depth>, kExtent, Tile::kDepthBytes>;
#pragma unroll
    for (int i = 0; i < 4; i++) {
      u32 offset = depth == Depth::kColumns ? Layout::offset(index, quad) + Layout::kLineBytes * i
                                            : Layout::offset(4 * quad + i, index / 4);
      float4 vector = *reinterpret_cast<const float4*>(tile + offset);
      const float lanes[4] = {vector.x, vector.y, vector.z, vector.w};
#pragma unroll
      for (int j = 0; j < 4; j++) {
        if constexpr (depth == Depth::kColumns) {
          values[i][j] = lanes[j];
        } else {
          values[j][i] = lanes[j];
        }
      }
    }
  }

  const char* shared_;
  u32 row_;     // the first of two groups of four rows, 16 apart, in the warp's part
  u32 column_;  // the first of four columns
  float sum_[kProducts][8][4];
};

}  // namespace lockstep
