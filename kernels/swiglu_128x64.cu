// Gate and up projections in tiles of 128 x 64 of each, for results at least that wide: swiglu.cu
// has the formulas.
//
// Four warps of 64 x 32 of both, three stages of 32 deep: per step of the sum a warp loads as many
// fragments and multiplies as often as in the 128 x 128 tile of a single product.
//
// Launch: block 128, grid ceil(M / 128) * ceil(H / 64) of h.

#include "swiglu.cuh"

using namespace lockstep;

struct Tile : GemmTile<128, 64, 64, 64, 32, 3, true, 2> {};

LOCKSTEP_SWIGLU_ENTRY(_128x64_f16, __half, Tile)
LOCKSTEP_SWIGLU_ENTRY(_128x64_bf16, __nv_bfloat16, Tile)
