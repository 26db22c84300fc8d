// The matrix products of a linear layer, for any tile: see linear.cu for the formulas.
#pragma once

#include "activations.cuh"
#include "gemm.cuh"
#include "gemm_epilogue.cuh"

namespace lockstep {

template <class T, class Tile, class Factor = T>
__device__ __forceinline__ void linearForward(T* out, T* pre, const T* x, const T* weight,
                                              const T* bias, const T* residual, const float* scale,
                                              i64 M, i64 N, i64 K, int code, float slope,
                                              char* shared) {
  const TilePlace<Tile> place(M, N);
  GemmEngine<Factor, Depth::kColumns, Depth::kColumns, Tile> engine(shared);
  const Matrix<Factor> right[1] = {factors<Factor>(weight, N, K)};
  addProduct<Factor, Depth::kColumns, Depth::kColumns>(engine, factors<Factor>(x, M, K), right,
                                                       place, true, shared);

  const Scaled<Biased<T, 1, ActivateAndAdd<T>>> epilogue{
      scale, {{bias}, {pre, out, residual, code, slope}}};
  finishTile<Tile, Storage<T>::kLanes>(
      engine, place, N, rowsAligned(N * sizeof(T), out, pre, bias, residual), shared, epilogue);
}

template <class T, class Tile, class Factor = T>
__device__ __forceinline__ void linearBackwardInput(const InputGradient<T>& gradient,
                                                    const T* dY, const T* weight, const T* dY2,
                                                    const T* weight2, const float* scale, i64 M,
                                                    i64 N, i64 K, char* shared) {
  const TilePlace<Tile> place(M, K);
  GemmEngine<Factor, Depth::kColumns, Depth::kRows, Tile> engine(shared);
  const int products = dY2 != nullptr ? 2 : 1;
#pragma unroll 1
  for (int i = 0; i < products; i++) {
    const T* left = pinned(i == 0 ? dY : dY2);
    const T* above = pinned(i == 0 ? weight : weight2);
    const Matrix<Factor> right[1] = {factors<Factor>(above, N, K)};
    addProduct<Factor, Depth::kColumns, Depth::kRows>(engine, factors<Factor>(left, M, N), right,
                                                      place, i == 0, shared);
  }
  finishTile<Tile, Storage<T>::kLanes>(engine, place, K, rowsAligned(K * sizeof(T), gradient.dX),
                                       shared, Scaled<InputGradient<T>>{scale, gradient});
}

// With parts, blocks y have rows y * partRows ... of the sum.
template <class T, class Tile, class Factor = T>
__device__ __forceinline__ void linearBackwardWeight(float* dWeight, float* parts, const T* dY,
                                                     const T* x, i64 M, i64 N, i64 K, i64 partRows,
                                                     char* shared) {
  const TilePlace<Tile> place(N, K);
  const bool inParts = parts != nullptr;
  if (inParts) {
    const i64 first = pinned(blockIdx.y * partRows);
    M = min(M - first, partRows);
    dY += first * N;
    x += first * K;
    dWeight = parts + blockIdx.y * (N * K);
  }
  GemmEngine<Factor, Depth::kRows, Depth::kRows, Tile> engine(shared);
  const Matrix<Factor> right[1] = {factors<Factor>(x, M, K)};
  addProduct<Factor, Depth::kRows, Depth::kRows>(engine, factors<Factor>(dY, M, N), right, place,
                                                 true, shared);
  finishTile<Tile, Storage<float>::kLanes>(engine, place, K,
                                           rowsAligned(K * sizeof(float), dWeight), shared,
                                           Accumulate{dWeight, inParts});
}

}  // namespace lockstep

// The entries linear_<pass><suffix> for storage type T and a tile of the file's own.
#define LOCKSTEP_LINEAR_ENTRIES(suffix, T, Tile) LOCKSTEP_LINEAR_ENTRIES_AS(suffix, T, T, Tile)

// The same where T is multiplied as Factor.
#define LOCKSTEP_LINEAR_ENTRIES_AS(suffix, T, Factor, Tile)                                      \
  extern "C" __global__ void __launch_bounds__(Tile::kThreads) linear_forward##suffix(           \
      T* out, T* pre, const T* x, const T* weight, const T* bias, const T* residual,             \
      const float* scale, i64 M, i64 N, i64 K, int activation, float slope) {                    \
    linearForward<T, Tile, Factor>(out, pre, x, weight, bias, residual, scale, M, N, K,          \
                                   activation, slope, tileMemory<Tile>());                       \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(Tile::kThreads) linear_backward_input##suffix(    \
      T* dX, T* dUp, T* h, float* sums, float* upSums, const T* dY, const T* weight,             \
      const T* dY2, const T* weight2, const T* pre, const T* up, const float* scale, i64 M,      \
      i64 N, i64 K, int activation, float slope) {                                               \
    linearBackwardInput<T, Tile, Factor>({dX, dUp, h, pre, up, {sums, upSums}, activation,       \
                                          slope},                                                \
                                         dY, weight, dY2, weight2, scale, M, N, K,               \
                                         tileMemory<Tile>());                                    \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(Tile::kThreads) linear_backward_weight##suffix(   \
      float* dWeight, float* parts, const T* dY, const T* x, i64 M, i64 N, i64 K,                \
      i64 partRows) {                                                                            \
    linearBackwardWeight<T, Tile, Factor>(dWeight, parts, dY, x, M, N, K, partRows,              \
                                          tileMemory<Tile>());                                   \
  }
