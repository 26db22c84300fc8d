// Linear layer in tiles of 128 x 256, for the widest results: linear.cu has the formulas.
//
// Eight warps of 64 x 64, which take three copies for each four in tiles of 128 x 128, and read
// operands from global memory three quarters as often. Two stages of 64 deep: copies have as long
// to arrive as those of three stages of 32, and warps meet half as often. One block fills the
// registers of an SM.
//
// Launch: block 256, dynamic shared memory 98304, grid ceil(rows / 128) * ceil(columns / 256) of
// the result.

#include "linear.cuh"

using namespace lockstep;

struct Tile : GemmTile<128, 256, 128, 64, 64, 2, true> {};

LOCKSTEP_LINEAR_ENTRIES(_128x256_f16, __half, Tile)
LOCKSTEP_LINEAR_ENTRIES(_128x256_bf16, __nv_bfloat16, Tile)
