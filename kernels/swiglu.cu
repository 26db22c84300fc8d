// Gated linear units: h = act(x Wg^T + bg) * (x Wu^T + bu), and the elementwise middle part alone.
//
//   swiglu_forward   gate = round(x Wg^T + bg)       (=, optional) [M,H]
//                    up   = round(x Wu^T + bu)       (=, optional) [M,H]
//                    h    = act(gate) * up           (=) [M,H];  x [M,K], wGate and wUp [H,K]
//   glu_forward      h = act(gate) * up              (=) n elements
//   glu_backward     dGate = dH * up * act'(gate)    (=)
//                    dUp   = dH * act(gate)          (=) n elements
//
// act is silu (SwiGLU), gelu_tanh or gelu_erf (GeGLU), relu (ReGLU), sigmoid (GLU), none (bilinear)
// or any other of the activations.
//
// Fused: both products of a tile stay in registers while x is read once for the two; gate and up
// meet on the chip. Training writes 3 M H elements and reads none of them back, separate kernels
// move 5; inference (gate and up null) writes h alone. gate and up are rounded first, so that
// backward differentiates exactly what forward computed. Their gradients go back through
// linear_backward_input with its second pair of operands: dX = dGate Wg + dUp Wu in one pass.
//
// Any sizes from 1 up, any element alignment, 16-byte accesses where pointers and row lengths allow
// them; fp32 arithmetic in an order that does not depend on the grid, each result rounded once.
// In glu_backward dGate may be the same tensor as gate and dUp the same as up.
// Fewest bytes: swiglu_forward x, both weights and the results once; glu_forward 3 n, glu_backward
// 5 n elements. All three move what they must, besides what L2 misses of shared operands.
//
// Launch: swiglu_forward block 128, grid ceil(M / 64) * ceil(H / 64), one 64 x 64 tile of h per
// block; glu_*: block 256, any grid (threads stride over the data).

#include "activations.cuh"
#include "elementwise.cuh"
#include "gemm.cuh"
#include "gemm_epilogue.cuh"
#include "lanes.cuh"

namespace lockstep {

template <class T>
struct Tile : GemmTile<64, 64, 64, 32, 32, 4, false, 2> {};

template <>
struct Tile<float> : GemmTile<64, 64, 128, 32, 32, 2, false, 2> {};

template <class T>
struct Gate {
  int code;

  __device__ __forceinline__ void operator()(const float (&in)[2], float (&out)[1]) const {
    out[0] = Activation<T>(code, 0.0f).value(in[0]) * in[1];
  }
};

template <class T>
__device__ __forceinline__ void swigluForward(T* h, T* gate, T* up, const T* x, const T* wGate,
                                              const T* wUp, const T* bGate, const T* bUp, i64 M,
                                              i64 H, i64 K, int code) {
  __shared__ __align__(128) char shared[Tile<T>::kSharedBytes];
  const TilePlace<Tile<T>> place(M, H);
  GemmEngine<T, Depth::kColumns, Depth::kColumns, Tile<T>> engine(shared);
  const Matrix<T> right[2] = {{wGate, H, K}, {wUp, H, K}};
  addProduct<T, Depth::kColumns, Depth::kColumns>(engine, {x, M, K}, right, place, true, shared);
  const Biased<T, 2, MapRounded<T, 2, 0, 1, Gate<T>>> epilogue{
      {bGate, bUp}, {{gate, up}, {nullptr}, {h}, false, {code}}};
  finishTile<Tile<T>, Storage<T>::kLanes>(
      engine, place, H, rowsAligned(H * sizeof(T), h, gate, up, bGate, bUp), shared, epilogue);
}

}  // namespace lockstep

using namespace lockstep;

#define ENTRIES(suffix, T)                                                                      \
  extern "C" __global__ void __launch_bounds__(128) swiglu_forward_##suffix(                    \
      T* h, T* gate, T* up, const T* x, const T* wGate, const T* wUp, const T* bGate,           \
      const T* bUp, i64 M, i64 H, i64 K, int activation) {                                      \
    swigluForward(h, gate, up, x, wGate, wUp, bGate, bUp, M, H, K, activation);                 \
  }

LOCKSTEP_FOR_EACH_TYPE(ENTRIES)
