// Gate and up projections in one kernel, for any tile: see swiglu.cu for the formulas.
#pragma once

#include "gemm.cuh"
#include "gemm_epilogue.cuh"

namespace lockstep {

template <class T, class Tile, class Factor = T>
__device__ __forceinline__ void swigluForward(T* h, T* gate, T* up, const T* x, const T* wGate,
                                              const T* wUp, const T* bGate, const T* bUp, i64 M,
                                              i64 H, i64 K, int code, char* shared) {
  const TilePlace<Tile> place(M, H);
  GemmEngine<Factor, Depth::kColumns, Depth::kColumns, Tile> engine(shared);
  const Matrix<Factor> right[2] = {factors<Factor>(wGate, H, K), factors<Factor>(wUp, H, K)};
  addProduct<Factor, Depth::kColumns, Depth::kColumns>(engine, factors<Factor>(x, M, K), right,
                                                       place, true, shared);
  const Biased<T, 2, GateAndMultiply<T>> epilogue{{bGate, bUp}, {gate, up, h, code}};
  finishTile<Tile, Storage<T>::kLanes>(
      engine, place, H, rowsAligned(H * sizeof(T), h, gate, up, bGate, bUp), shared, epilogue);
}

}  // namespace lockstep

// The entry swiglu_forward<suffix> for storage type T and a tile of the file's own.
#define LOCKSTEP_SWIGLU_ENTRY(suffix, T, Tile) LOCKSTEP_SWIGLU_ENTRY_AS(suffix, T, T, Tile)

// The same where T is multiplied as Factor.
#define LOCKSTEP_SWIGLU_ENTRY_AS(suffix, T, Factor, Tile)                                        \
  extern "C" __global__ void __launch_bounds__(Tile::kThreads) swiglu_forward##suffix(           \
      T* h, T* gate, T* up, const T* x, const T* wGate, const T* wUp, const T* bGate,            \
      const T* bUp, i64 M, i64 H, i64 K, int activation) {                                       \
    swigluForward<T, Tile, Factor>(h, gate, up, x, wGate, wUp, bGate, bUp, M, H, K, activation,  \
                                   tileMemory<Tile>());                                          \
  }
