// LayerNorm over the last dimension, with the residual addition before it fused in.
//
//   s = round(x + residual)              rounded to the type of sum (s = x without a residual)
//   mean = sum(s) / cols,   rstd = 1 / sqrt(sum((s - mean)^2) / cols + eps)
//   y = (s - mean) * rstd * w + bias     w = weight + weightOffset, 1 when null; bias 0 when null
//
// Backward, with g = dy * w and xhat = (s - mean) * rstd:
//   dx = rstd * (g - mean(g) - xhat * mean(g * xhat)) + dSum
//   dWeight = sum over rows of dy * xhat,   dBias = sum over rows of dy
//
// Fused: the residual stream s is written while it is read for the norm, and its gradient dSum is
// added while dx is written; apart they would cost another read and write each.
//
// The variance is that of s - mean, taken in a second pass over the row in registers: a difference
// E[s^2] - E[s]^2 would cancel for rows whose mean is large beside their spread. Deviations whose
// squares exceed fp32 are scaled down first.
//
//   forward    y [rows, cols] =    sum [rows, cols] = or null    mean, rstd [rows] = or null (fp32)
//              x, residual or null [rows, cols]                   weight, bias [cols] or null
//   backward   dx [rows, cols] =   partials [2, blocks, cols] = or null  (fp32; dWeight, dBias)
//              dy, dSum or null, x (that is s) [rows, cols]       weight [cols] or null
//              mean, rstd [rows]
//   reduce     dWeight, dBias [cols] = or += or null (fp32)       partials [2, blocks, cols]
//
// Rows lie pitches (in bytes) apart, 0 included for what is read. y may be x or residual, sum may
// be either too; dx may be dy, dSum or x: same address, type and pitch.
//
//   _f32, _f16, _bf16   all tensors of that type; addresses and pitches multiples of 16 bytes; up
//                       to 8,192 columns, a multiple of what 16 bytes hold. Reads each operand once
//   _mixed              each tensor of its own type; the same for vectors of 4 elements
//   _any                each tensor of its own type, any columns, any alignment: reads x in every
//                       pass; backward gives dx alone, backward_partials the partials (before it
//                       where dx overwrites dy or x)
//
// Fewest bytes per element: forward 2 * sizeof(T), with residual and sum 4 * sizeof(T); backward
// 3 * sizeof(T), with dSum 4 * sizeof(T); partials: 2 * blocks * cols * 4, written and read once.
//
// Launch: see row_group.cuh for the blocks of the first two kinds, up to 256 threads for 16-bit
// types and 512 for others; _any any multiple of 32 threads up to 1024, a block per row at a time;
// backward grid = blocks = ceil(rows / rowsPerBlock), partials (ceil(cols / threads / 4 or 1),
// blocks); reduce 256 threads, grid ceil(cols / 32). The order of every sum depends on cols, types,
// alignment and block size alone (partials: on rowsPerBlock too).

#include "column_sum.cuh"
#include "norm_any.cuh"

#define LOCKSTEP_FORWARD(suffix, threads, blocks, ...)                                            \
  extern "C" __global__ void __launch_bounds__(threads, blocks) layernorm_forward_##suffix(       \
      char* y, char* sum, float* mean, float* rstd, const char* x, const char* residual,          \
      const char* weight, const char* bias, lockstep::i64 rows, lockstep::i64 cols,               \
      lockstep::i64 yPitch, lockstep::i64 sumPitch, lockstep::i64 xPitch,                         \
      lockstep::i64 residualPitch, float eps, float weightOffset, lockstep::u32 formats) {        \
    lockstep::__VA_ARGS__({y, sum, mean, rstd, x, residual, weight, bias, rows, cols, yPitch,     \
                           sumPitch, xPitch, residualPitch, eps, weightOffset, formats});         \
  }

#define LOCKSTEP_BACKWARD(suffix, threads, ...)                                                   \
  extern "C" __global__ void __launch_bounds__(threads) layernorm_backward_##suffix(              \
      char* dx, float* partials, const char* dy, const char* dSum, const char* x,                 \
      const char* weight, const float* mean, const float* rstd, lockstep::i64 rows,               \
      lockstep::i64 cols, lockstep::i64 dxPitch, lockstep::i64 dyPitch, lockstep::i64 dSumPitch,  \
      lockstep::i64 xPitch, lockstep::i64 rowsPerBlock, float weightOffset,                       \
      lockstep::u32 formats) {                                                                    \
    lockstep::__VA_ARGS__({dx, partials, dy, dSum, x, weight, mean, rstd, rows, cols, dxPitch,    \
                           dyPitch, dSumPitch, xPitch, rowsPerBlock, weightOffset, formats});     \
  }

#define LOCKSTEP_LAYERNORM(suffix, threads, blocks, ...)                                          \
  LOCKSTEP_FORWARD(suffix, threads, blocks, normForward<__VA_ARGS__>)                             \
  LOCKSTEP_BACKWARD(suffix, threads, normBackward<__VA_ARGS__>)

LOCKSTEP_LAYERNORM(f32, 512, 1, lockstep::Alike<float>, true)
LOCKSTEP_LAYERNORM(f16, 256, 2, lockstep::Alike<__half>, true)
LOCKSTEP_LAYERNORM(bf16, 256, 2, lockstep::Alike<__nv_bfloat16>, true)
LOCKSTEP_LAYERNORM(mixed, 512, 1, lockstep::Mixed, true)
LOCKSTEP_FORWARD(any, 1024, 1, normForwardAny<true>)

extern "C" __global__ void layernorm_backward_any(
    char* dx, const char* dy, const char* dSum, const char* x, const char* weight,
    const float* mean, const float* rstd, lockstep::i64 rows, lockstep::i64 cols,
    lockstep::i64 dxPitch, lockstep::i64 dyPitch, lockstep::i64 dSumPitch, lockstep::i64 xPitch,
    float weightOffset, lockstep::u32 formats) {
  lockstep::normBackwardAny<true>({dx, nullptr, dy, dSum, x, weight, mean, rstd, rows, cols,
                                   dxPitch, dyPitch, dSumPitch, xPitch, 0, weightOffset, formats});
}

extern "C" __global__ void layernorm_backward_partials(
    float* partials, const char* dy, const char* x, const float* mean, const float* rstd,
    lockstep::i64 rows, lockstep::i64 cols, lockstep::i64 dyPitch, lockstep::i64 xPitch,
    lockstep::i64 rowsPerBlock, lockstep::u32 formats) {
  lockstep::normPartials<true>({nullptr, partials, dy, nullptr, x, nullptr, mean, rstd, rows, cols,
                                0, dyPitch, 0, xPitch, rowsPerBlock, 0.0f, formats});
}

extern "C" __global__ void layernorm_backward_reduce(float* dWeight, float* dBias,
                                                     const float* partials, lockstep::i64 blocks,
                                                     lockstep::i64 cols, int accumulate) {
  if (dWeight) lockstep::addColumnSums(dWeight, partials, blocks, cols, accumulate);
  if (dBias) lockstep::addColumnSums(dBias, partials + blocks * cols, blocks, cols, accumulate);
}
