// Gate and up projections in one kernel, for any tile: see swiglu.cu for the formulas.
#pragma once

#include "gemm.cuh"
#include "gemm_epilogue.cuh"

namespace lockstep {

template <class T, class Tile>
__device__ __forceinline__ void swigluForward(T* h, T* gate, T* up, const T* x, const T* wGate,
                                              const T* wUp, const T* bGate, const T* bUp, i64 M,
                                              i64 H, i64 K, int code, char* shared) {
  const TilePlace<Tile> place(M, H);
  GemmEngine<T, Depth::kColumns, Depth::kColumns, Tile> engine(shared);
  const Matrix<T> right[2] = {{wGate, H, K}, {wUp, H, K}};
  addProduct<T, Depth::kColumns, Depth::kColumns>(engine, {x, M, K}, right, place, true, shared);
  const Biased<T, 2, GateAndMultiply<T>> epilogue{{bGate, bUp}, {gate, up, h, code}};
  finishTile<Tile, Storage<T>::kLanes>(
      engine, place, H, rowsAligned(H * sizeof(T), h, gate, up, bGate, bUp), shared, epilogue);
}

}  // namespace lockstep

// The entry swiglu_forward<suffix> for storage type T and a tile of the file's own.
#define LOCKSTEP_SWIGLU_ENTRY(suffix, T, Tile)                                                   \
  extern "C" __global__ void __launch_bounds__(Tile::kThreads) swiglu_forward##suffix(           \
      T* h, T* gate, T* up, const T* x, const T* wGate, const T* wUp, const T* bGate,            \
      const T* bUp, i64 M, i64 H, i64 K, int activation) {                                       \
    swigluForward<T, Tile>(h, gate, up, x, wGate, wUp, bGate, bUp, M, H, K, activation,          \
                           tileMemory<Tile>());                                                  \
  }
