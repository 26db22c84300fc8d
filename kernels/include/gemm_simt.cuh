// The fp32 engine of a block: four warps in two rows and two columns, each with 32 x 32 of the
// 64 x 64 result, each lane with 8 rows and 4 columns of that; plain fused multiply-adds.
#pragma once

#include "gemm_tile.cuh"

namespace lockstep {

template <Depth leftDepth, Depth rightDepth, int kProducts>
class SimtEngine {
 public:
  __device__ __forceinline__ SimtEngine() {
    const u32 lane = threadIdx.x & 31;
    const u32 warp = threadIdx.x >> 5;
    row_ = 32 * (warp >> 1) + 4 * (lane >> 3);
    column_ = 32 * (warp & 1) + 4 * (lane & 7);
#pragma unroll
    for (int i = 0; i < kProducts * 32; i++) (&sum_[0][0][0])[i] = 0.0f;
  }

  // Adds one stage: the left tile at `shared`, the right ones behind it.
  __device__ __forceinline__ void multiply(const char* shared) {
#pragma unroll 1
    for (u32 quad = 0; quad < kDepth<float> / 4; quad++) {
      float a[2][4][4];  // [16 rows further][row][depth]
      load<leftDepth>(a[0], shared, row_, quad);
      load<leftDepth>(a[1], shared, row_ + 16, quad);
#pragma unroll
      for (int product = 0; product < kProducts; product++) {
        float b[4][4];  // [column][depth]
        load<rightDepth>(b, shared + kTileBytes * (1 + product), column_, quad);
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

  // Calls store(row, column, float4) for what this thread holds of a product.
  template <class Store>
  __device__ __forceinline__ void forEach(int product, Store store) const {
#pragma unroll
    for (int i = 0; i < 8; i++) {
      const float (&c)[4] = sum_[product][i];
      store(row_ + 16 * (i / 4) + i % 4, column_, make_float4(c[0], c[1], c[2], c[3]));
    }
  }

 private:
  // Four indices by four steps of depth. With the depth in columns a vector holds one index and
  // the lanes of a quarter warp read lines four apart, which chunkOffset puts into different
  // banks; with the depth in rows a vector holds four indices, and it has to be turned around.
  template <Depth depth>
  static __device__ __forceinline__ void load(float (&values)[4][4], const char* tile, u32 index,
                                              u32 quad) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      u32 offset = depth == Depth::kColumns
                       ? chunkOffset<float, depth>(index, quad) + 128 * i
                       : chunkOffset<float, depth>(4 * quad + i, index / 4);
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

  u32 row_;     // the first of two groups of four rows, 16 apart
  u32 column_;  // the first of four columns
  float sum_[kProducts][8][4];
};

}  // namespace lockstep
