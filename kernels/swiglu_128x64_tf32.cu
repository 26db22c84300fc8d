// Gate and up projections of fp32 tensors on tensor cores with factors rounded to TF32, in tiles of
// 128 x 64 of each, for results at least that wide: swiglu.cu has the formulas, gemm_tf32.cuh what is
// multiplied.
//
// Four warps of 64 x 32 of both, three stages of 16 deep.
//
// Launch: block 128, grid ceil(M / 128) * ceil(H / 64) of h.

#include "gemm_tf32.cuh"
#include "swiglu.cuh"

using namespace lockstep;

struct Tile : GemmTile<128, 64, 64, 64, 32, 3, false, 2> {};

LOCKSTEP_SWIGLU_ENTRY_AS(_128x64_tf32, float, Tf32<1>, Tile)
