// Linear layer in tiles of 128 x 128, for results at least that wide: linear.cu has the formulas.
//
// Four warps of 64 x 64, three stages of 32 deep. Each fragment that comes from shared memory is
// multiplied with four others, twice as many as in the small tile, and operands are read from
// global memory half as often.
//
// Launch: block 128, grid ceil(rows / 128) * ceil(columns / 128) of the result.

#include "linear.cuh"

using namespace lockstep;

struct Tile : GemmTile<128, 128, 64, 64, 64, 3, true> {};

LOCKSTEP_LINEAR_ENTRIES(_128x128_f16, __half, Tile)
LOCKSTEP_LINEAR_ENTRIES(_128x128_bf16, __nv_bfloat16, Tile)
