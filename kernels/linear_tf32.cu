// Linear layer on fp32 tensors, products on tensor cores with factors rounded to TF32: linear.cu
// has the formulas, gemm_tf32.cuh what is multiplied.
//
// A factor is off by at most 2^-11 of it and a product by 2^-10, so a sum of K products by some
// 2^-11 sqrt(K) times the size of one. Tensors, sums and everything behind them are fp32.
//
// Launch: block 128, grid ceil(rows / 64) * ceil(columns / 64) of the result.

#include "gemm_tf32.cuh"
#include "linear.cuh"

using namespace lockstep;

struct Tile : GemmTile<64, 64, 128, 32, 32, 3, false> {};

LOCKSTEP_LINEAR_ENTRIES_AS(_tf32, float, Tf32<1>, Tile)
