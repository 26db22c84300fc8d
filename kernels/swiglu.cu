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
#include "lanes.cuh"

namespace lockstep {

template <class T>
__device__ __forceinline__ void swigluForward(T* h, T* gate, T* up, const T* x, const T* wGate,
                                              const T* wUp, const T* bGate, const T* bUp, i64 M,
                                              i64 H, i64 K, int code) {
  static_assert(2 * kResultBytes <= kGemmSharedBytes<2>, "finished tiles replace the operands");
  __shared__ __align__(128) char shared[kGemmSharedBytes<2>];
  const TilePlace place(M, H);
  GemmEngine<T, Depth::kColumns, Depth::kColumns, 2> engine;
  const Matrix<T> right[2] = {{wGate, H, K}, {wUp, H, K}};
  addProduct(engine, {x, M, K}, right, place.row, place.column, shared);
  float* gates = reinterpret_cast<float*>(shared);
  float* ups = reinterpret_cast<float*>(shared + kResultBytes);
  shareResult(engine, 0, gates);
  shareResult(engine, 1, ups);
  __syncthreads();

  const Activation activation(code, 0.0f);
  if (rowsAligned(H * sizeof(T), h, gate, up, bGate, bUp)) {
    forEachPart<Pack<T>::kLanes>(place, [&](int row, int column) {
      const i64 at = (place.row + row) * H + place.column + column;
      Pack<T> g = loadResult<T>(gates, row, column);
      Pack<T> u = loadResult<T>(ups, row, column);
      if (bGate != nullptr) g.add(Pack<T>::load(bGate + place.column + column));
      if (bUp != nullptr) u.add(Pack<T>::load(bUp + place.column + column));
      uint4 raw[2] = {g.pack(), u.pack()};
      if (gate != nullptr) *reinterpret_cast<uint4*>(gate + at) = raw[0];
      if (up != nullptr) *reinterpret_cast<uint4*>(up + at) = raw[1];
      mapWords<T, 1>(raw, [&](const float (&value)[2], float (&product)[1]) {
        product[0] = activation.value(value[0]) * value[1];
      });
      *reinterpret_cast<uint4*>(h + at) = raw[0];
    });
  } else {
    forEachPart<1>(place, [&](int row, int column) {
      const i64 at = (place.row + row) * H + place.column + column;
      float g = gates[resultIndex(row, column)];
      float u = ups[resultIndex(row, column)];
      if (bGate != nullptr) g += loadFloat(bGate + place.column + column);
      if (bUp != nullptr) u += loadFloat(bUp + place.column + column);
      g = roundTo<T>(g);
      u = roundTo<T>(u);
      if (gate != nullptr) storeFloat(gate + at, g);
      if (up != nullptr) storeFloat(up + at, u);
      storeFloat(h + at, activation.value(g) * u);
    });
  }
}

template <class T>
__device__ __forceinline__ void gluForward(T* h, const T* gate, const T* up, i64 n, int code) {
  const Activation activation(code, 0.0f);
  T* const out[1] = {h};
  const T* const in[2] = {gate, up};
  mapElements<T>(out, in, n, [&](const float (&value)[2], float (&product)[1]) {
    product[0] = activation.value(value[0]) * value[1];
  });
}

template <class T>
__device__ __forceinline__ void gluBackward(T* dGate, T* dUp, const T* dH, const T* gate,
                                            const T* up, i64 n, int code) {
  const Activation activation(code, 0.0f);
  T* const out[2] = {dGate, dUp};
  const T* const in[3] = {dH, gate, up};
  mapElements<T>(out, in, n, [&](const float (&value)[3], float (&gradient)[2]) {
    Activation::Curve act = activation.at(value[1]);
    gradient[0] = value[0] * value[2] * act.derivative;
    gradient[1] = value[0] * act.value;
  });
}

}  // namespace lockstep

using namespace lockstep;

#define ENTRIES(suffix, T)                                                                      \
  extern "C" __global__ void __launch_bounds__(128) swiglu_forward_##suffix(                    \
      T* h, T* gate, T* up, const T* x, const T* wGate, const T* wUp, const T* bGate,           \
      const T* bUp, i64 M, i64 H, i64 K, int activation) {                                      \
    swigluForward(h, gate, up, x, wGate, wUp, bGate, bUp, M, H, K, activation);                 \
  }                                                                                             \
  extern "C" __global__ void __launch_bounds__(256)                                             \
      glu_forward_##suffix(T* h, const T* gate, const T* up, i64 n, int activation) {           \
    gluForward(h, gate, up, n, activation);                                                     \
  }                                                                                             \
  extern "C" __global__ void __launch_bounds__(256)                                             \
      glu_backward_##suffix(T* dGate, T* dUp, const T* dH, const T* gate, const T* up, i64 n,   \
                            int activation) {                                                   \
    gluBackward(dGate, dUp, dH, gate, up, n, activation);                                       \
  }

LOCKSTEP_FOR_EACH_TYPE(ENTRIES)
