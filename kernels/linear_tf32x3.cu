// Linear layer on fp32 tensors, products on tensor cores with the accuracy of fp32, nearly: three
// for each, of factors rounded to TF32 and of what that cut off. linear.cu has the formulas,
// gemm_tf32.cuh what is multiplied.
//
// Of a product at most 3 * 2^-22 is missing; a sum of a dozen in fp32 loses more. Where tensor cores
// do TF32 at more than three times the rate of fused multiply-adds (sm_80 and sm_90 do, by 8 and
// more; sm_86 and sm_89 do not) this is faster than linear.cu, whose products are exact.
//
// Launch: block 128, grid ceil(rows / 64) * ceil(columns / 64) of the result.

#include "gemm_tf32.cuh"
#include "linear.cuh"

using namespace lockstep;

struct Tile : GemmTile<64, 64, 128, 32, 32, 3, false> {};

LOCKSTEP_LINEAR_ENTRIES_AS(_tf32x3, float, Tf32<3>, Tile)
