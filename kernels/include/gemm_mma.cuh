// The 16-bit engine of a block: four warps in two rows and two columns, each with 32 x 32 of the
// 64 x 64 result in registers, multiplied on tensor cores.
#pragma once

#include "gemm_tile.cuh"
#include "mma.cuh"

namespace lockstep {

// Reads fragments of one operand, for the 32 rows or columns of the result of one warp. Both
// layouts deliver the same four 8 x 8 matrices per 16 x 16 piece [result index, depth]:
//   0: indices 0-7, depth 0-7   1: indices 8-15, depth 0-7   2, 3: the same with depth 8-15.
template <Depth depth>
class FragmentReader {
 public:
  __device__ __forceinline__ explicit FragmentReader(u32 warpIndex) {
    const u32 lane = threadIdx.x & 31;
#pragma unroll
    for (int i = 0; i < kOffsets; i++) {
      u32 line = depth == Depth::kColumns ? 32 * warpIndex + (lane & 15)
                                          : (lane & 7) + 8 * (lane >> 4);
      u32 chunk = depth == Depth::kColumns ? 2 * i + (lane >> 4)
                                           : 4 * warpIndex + 2 * i + ((lane >> 3) & 1);
      offset_[i] = pinned(chunkOffset<__half, depth>(line, chunk));
    }
  }

  // The addresses of one stage: what is constant within it is added once.
  struct Addresses {
    u32 base[depth == Depth::kColumns ? 4 : 2];
  };

  __device__ __forceinline__ Addresses at(u32 shared) const {
    Addresses addresses;
#pragma unroll
    for (int i = 0; i < kOffsets; i++) addresses.base[i] = shared + offset_[i];
    return addresses;
  }

  // Piece `kHalf` (indices 16 kHalf ..) at depth 16 kStep of the tile kOffset bytes on. Sixteen
  // lines are 2 KiB and leave the swizzle as it is, so one of the two is a constant in the address.
  template <int kOffset, int kStep, int kHalf>
  static __device__ __forceinline__ void load(u32 (&matrix)[4], const Addresses& addresses) {
    if constexpr (depth == Depth::kColumns) {
      loadMatrices<kOffset + 2048 * kHalf, false>(matrix, addresses.base[kStep]);
    } else {
      loadMatrices<kOffset + 2048 * kStep, true>(matrix, addresses.base[kHalf]);
    }
  }

 private:
  static constexpr int kOffsets = depth == Depth::kColumns ? 4 : 2;
  u32 offset_[kOffsets];
};

template <class T, Depth leftDepth, Depth rightDepth, int kProducts>
class MmaEngine {
 public:
  __device__ __forceinline__ MmaEngine()
      : left_((threadIdx.x >> 5) >> 1), right_((threadIdx.x >> 5) & 1) {
#pragma unroll
    for (int i = 0; i < kProducts * 32; i++) (&sum_[0][0][0][0])[i] = 0.0f;
  }

  // Adds one stage: the left tile at `shared`, the right ones behind it.
  __device__ __forceinline__ void multiply(const char* shared) {
    const u32 base = sharedAddress(shared);
    const auto left = left_.at(base);
    const auto right = right_.at(base);
    step<0>(left, right);
    step<1>(left, right);
    step<2>(left, right);
    step<3>(left, right);
  }

  // Calls store(row, column, float2) for what this thread holds of product kProduct: two
  // neighbouring columns at a time, rows and columns within the block's tile.
  template <class Store>
  __device__ __forceinline__ void forEach(int product, Store store) const {
    const u32 lane = threadIdx.x & 31;
    const u32 warp = threadIdx.x >> 5;
    const u32 row = 32 * (warp >> 1) + (lane >> 2);
    const u32 column = 32 * (warp & 1) + 2 * (lane & 3);
#pragma unroll
    for (int half = 0; half < 2; half++) {
#pragma unroll
      for (int n = 0; n < 4; n++) {
        const float (&c)[4] = sum_[product][half][n];
        store(row + 16 * half, column + 8 * n, make_float2(c[0], c[1]));
        store(row + 16 * half + 8, column + 8 * n, make_float2(c[2], c[3]));
      }
    }
  }

 private:
  using Left = FragmentReader<leftDepth>;
  using Right = FragmentReader<rightDepth>;

  template <int kStep>
  __device__ __forceinline__ void step(const typename Left::Addresses& left,
                                       const typename Right::Addresses& right) {
    u32 a[2][4];
    Left::template load<0, kStep, 0>(a[0], left);
    Left::template load<0, kStep, 1>(a[1], left);
    product<kStep, 0>(a, right);
    if constexpr (kProducts == 2) product<kStep, 1>(a, right);
  }

  template <int kStep, int kProduct>
  __device__ __forceinline__ void product(const u32 (&a)[2][4],
                                          const typename Right::Addresses& right) {
    constexpr int kOffset = kTileBytes * (1 + kProduct);
    u32 b[2][4];
    Right::template load<kOffset, kStep, 0>(b[0], right);
    Right::template load<kOffset, kStep, 1>(b[1], right);
#pragma unroll
    for (int half = 0; half < 2; half++) {
#pragma unroll
      for (int n = 0; n < 4; n++) {
        // Columns 8 n of the result are matrices 0 and 2 (n even) or 1 and 3 (n odd) of piece n/2.
        multiplyAdd<T>(sum_[kProduct][half][n], a[half], b[n / 2][n % 2], b[n / 2][n % 2 + 2]);
      }
    }
  }

  Left left_;
  Right right_;
  float sum_[kProducts][2][4][4];  // [product][rows 16 half][columns 8 n][as mma lays them out]
};

}  // namespace lockstep
