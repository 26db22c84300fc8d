// Linear layer on fp32 tensors, as linear_tf32.cu, in tiles of 128 x 128 for results at least that
// wide: four warps of 64 x 64, three stages of 16 deep.
//
// Launch: block 128, grid ceil(rows / 128) * ceil(columns / 128) of the result.

#include "gemm_tf32.cuh"
#include "linear.cuh"

using namespace lockstep;

struct Tile : GemmTile<128, 128, 64, 64, 64, 3, false> {};

LOCKSTEP_LINEAR_ENTRIES_AS(_128x128_tf32, float, Tf32<1>, Tile)
