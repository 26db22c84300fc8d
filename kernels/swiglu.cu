// Gate and up projections of a gated layer, and the gate between them:
//
//   swiglu_forward   gate = round(x Wg^T + bg)       (=, optional) [M,H]
//                    up   = round(x Wu^T + bu)       (=, optional) [M,H]
//                    h    = act(gate) * up           (=, optional) [M,H];  x [M,K], Wg, Wu [H,K]
//
// act is silu (SwiGLU), gelu_tanh or gelu_erf (GeGLU), relu (ReGLU), sigmoid (GLU), none (bilinear)
// or any other of the activations.
//
// Fused: both products of a tile stay in registers while x is read once for the two; gate and up
// meet on the chip. Training writes 3 M H elements and reads none of them back, separate kernels
// move 5; training that has backward write h once more leaves h to share memory; inference (gate
// and up null) writes h alone. gate and up are rounded first, so that backward differentiates
// exactly what forward computed.
//
// The way back takes linear.cu's products: linear_backward_input makes dGate and dUp of dY Wdown,
// whose rounded elements are dH, without writing dH; and, with its second pair of operands,
// dX = dGate Wg + dUp Wu in one pass. glu.cu has the gate by itself.
//
// Any sizes from 1 up, any element alignment, 16-byte accesses where pointers and row lengths allow
// them; fp32 arithmetic in an order that does not depend on the grid, each result rounded once.
// Fewest bytes: x, both weights and the results once; what L2 misses of shared operands comes on
// top.
//
// swiglu_forward_tf32 and _tf32x3 multiply fp32 tensors on tensor cores (gemm_tf32.cuh).
//
// Launch: block 128, grid ceil(M / 64) * ceil(H / 64), one 64 x 64 tile of h per block.
// swiglu_128x64.cu has the same in larger tiles, with the same bits.

#include "gemm_tf32.cuh"
#include "swiglu.cuh"

namespace lockstep {

template <class T>
struct Tile : GemmTile<64, 64, 64, 32, 32, 4, false, 2> {};

template <>
struct Tile<float> : GemmTile<64, 64, 128, 32, 32, 2, false, 2> {};

}  // namespace lockstep

using namespace lockstep;

#define ENTRY(suffix, T) LOCKSTEP_SWIGLU_ENTRY(_##suffix, T, Tile<T>)

LOCKSTEP_FOR_EACH_TYPE(ENTRY)

struct WordTile : GemmTile<64, 64, 64, 32, 32, 3, false, 2> {};

LOCKSTEP_SWIGLU_ENTRY_AS(_tf32, float, Tf32<1>, WordTile)
LOCKSTEP_SWIGLU_ENTRY_AS(_tf32x3, float, Tf32<3>, WordTile)
