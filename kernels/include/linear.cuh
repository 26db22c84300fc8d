// The matrix products of a linear layer, for any tile: see linear.cu for the formulas.
#pragma once

#include "activations.cuh"
#include "gemm.cuh"
#include "gemm_epilogue.cuh"

namespace lockstep {

// What is stored as T, to be multiplied as a Factor of the same size.
template <class Factor, class T>
__device__ __forceinline__ Matrix<Factor> factors(const T* data, i64 rows, i64 columns) {
  static_assert(sizeof(Factor) == sizeof(T), "the same elements");
  return {reinterpret_cast<const Factor*>(data), rows, columns};
}

// act(z) + residual; an absent residual adds nothing, not even the +0 that would turn a -0 around.
template <class T>
struct ActivateAndAdd {
  int code;
  float slope;
  bool hasResidual;

  __device__ __forceinline__ void operator()(const float (&in)[2], float (&out)[1]) const {
    const float value = Activation<T>(code, slope).value(in[0]);
    out[0] = hasResidual ? value + in[1] : value;
  }
};

template <class T, class Tile, class Factor = T>
__device__ __forceinline__ void linearForward(T* out, T* pre, const T* x, const T* weight,
                                              const T* bias, const T* residual, i64 M, i64 N, i64 K,
                                              int code, float slope, char* shared) {
  const TilePlace<Tile> place(M, N);
  GemmEngine<Factor, Depth::kColumns, Depth::kColumns, Tile> engine(shared);
  const Matrix<Factor> right[1] = {factors<Factor>(weight, N, K)};
  addProduct<Factor, Depth::kColumns, Depth::kColumns>(engine, factors<Factor>(x, M, K), right,
                                                       place, true, shared);

  const bool identity = code == kNone && residual == nullptr;
  const Biased<T, 1, MapRounded<T, 1, 1, 1, ActivateAndAdd<T>>> epilogue{
      {bias},
      {{pre}, {residual}, {out}, identity, {code, slope, residual != nullptr}}};
  finishTile<Tile, Storage<T>::kLanes>(
      engine, place, N, rowsAligned(N * sizeof(T), out, pre, bias, residual), shared, epilogue);
}

// The gradient times act'(x), where x is the second input.
template <class T>
struct TimesDerivative {
  int code;
  float slope;

  __device__ __forceinline__ void operator()(const float (&in)[2], float (&out)[1]) const {
    out[0] = in[0] * Activation<T>(code, slope).derivative(in[1]);
  }
};

template <class T, class Tile, class Factor = T>
__device__ __forceinline__ void linearBackwardInput(T* dX, const T* dY, const T* weight,
                                                    const T* dY2, const T* weight2, const T* pre,
                                                    i64 M, i64 N, i64 K, int code, float slope,
                                                    char* shared) {
  const TilePlace<Tile> place(M, K);
  GemmEngine<Factor, Depth::kColumns, Depth::kRows, Tile> engine(shared);
  const int products = dY2 != nullptr ? 2 : 1;
#pragma unroll 1
  for (int i = 0; i < products; i++) {
    const Matrix<Factor> right[1] = {factors<Factor>(i == 0 ? weight : weight2, N, K)};
    addProduct<Factor, Depth::kColumns, Depth::kRows>(
        engine, factors<Factor>(i == 0 ? dY : dY2, M, N), right, place, i == 0, shared);
  }
  const MapRounded<T, 1, 1, 1, TimesDerivative<T>> epilogue{
      {nullptr}, {pre}, {dX}, pre == nullptr, {code, slope}};
  finishTile<Tile, Storage<T>::kLanes>(engine, place, K, rowsAligned(K * sizeof(T), dX, pre),
                                       shared, epilogue);
}

template <class T, class Tile, class Factor = T>
__device__ __forceinline__ void linearBackwardWeight(float* dWeight, const T* dY, const T* x, i64 M,
                                                     i64 N, i64 K, char* shared) {
  const TilePlace<Tile> place(N, K);
  GemmEngine<Factor, Depth::kRows, Depth::kRows, Tile> engine(shared);
  const Matrix<Factor> right[1] = {factors<Factor>(x, M, K)};
  addProduct<Factor, Depth::kRows, Depth::kRows>(engine, factors<Factor>(dY, M, N), right, place,
                                                 true, shared);
  finishTile<Tile, Storage<float>::kLanes>(engine, place, K,
                                           rowsAligned(K * sizeof(float), dWeight), shared,
                                           Accumulate{dWeight});
}

}  // namespace lockstep

// The entries linear_<pass><suffix> for storage type T and a tile of the file's own.
#define LOCKSTEP_LINEAR_ENTRIES(suffix, T, Tile) LOCKSTEP_LINEAR_ENTRIES_AS(suffix, T, T, Tile)

// The same where T is multiplied as Factor.
#define LOCKSTEP_LINEAR_ENTRIES_AS(suffix, T, Factor, Tile)                                      \
  extern "C" __global__ void __launch_bounds__(Tile::kThreads) linear_forward##suffix(           \
      T* out, T* pre, const T* x, const T* weight, const T* bias, const T* residual, i64 M,      \
      i64 N, i64 K, int activation, float slope) {                                               \
    linearForward<T, Tile, Factor>(out, pre, x, weight, bias, residual, M, N, K, activation,     \
                                   slope, tileMemory<Tile>());                                   \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(Tile::kThreads) linear_backward_input##suffix(    \
      T* dX, const T* dY, const T* weight, const T* dY2, const T* weight2, const T* pre, i64 M,  \
      i64 N, i64 K, int activation, float slope) {                                               \
    linearBackwardInput<T, Tile, Factor>(dX, dY, weight, dY2, weight2, pre, M, N, K, activation, \
                                         slope, tileMemory<Tile>());                             \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(Tile::kThreads) linear_backward_weight##suffix(   \
      float* dWeight, const T* dY, const T* x, i64 M, i64 N, i64 K) {                            \
    linearBackwardWeight<T, Tile, Factor>(dWeight, dY, x, M, N, K, tileMemory<Tile>());          \
  }
