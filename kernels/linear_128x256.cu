// Linear layer in tiles of 128 x 256, for the widest results: linear.cu has the formulas.
//
// Eight warps of 64 x 64, three stages of 32 deep: what a warp does per stage is what it does in
// tiles of 128 x 128, but it takes three copies for each four there, and operands are read from
// global memory three quarters as often. One block fills the registers of an SM.
//
// Launch: block 256, dynamic shared memory 73728, grid ceil(rows / 128) * ceil(columns / 256) of
// the result.

#include "linear.cuh"

using namespace lockstep;

struct Tile : GemmTile<128, 256, 64, 64, 64, 3, true> {};

LOCKSTEP_LINEAR_ENTRIES(_128x256_f16, __half, Tile)
LOCKSTEP_LINEAR_ENTRIES(_128x256_bf16, __nv_bfloat16, Tile)
