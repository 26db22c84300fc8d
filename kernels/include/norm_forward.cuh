// The forward pass of LayerNorm (kLayer) and RMSNorm for rows that fit the registers of a block:
// one read of every operand. See row_group.cuh for how rows are shared out.
//
// Weight and bias stay in registers over all rows a group of threads works on.
#pragma once

#include "norm_io.cuh"
#include "numeric.cuh"
#include "row_group.cuh"

namespace lockstep {

// Row pitches are in bytes; y, sum, mean and rstd are written, the rest read. Null where optional.
struct NormForward {
  char* y;
  char* sum;
  float* mean;
  float* rstd;
  const char* x;
  const char* residual;
  const char* weight;
  const char* bias;
  i64 rows;
  i64 cols;
  i64 yPitch;
  i64 sumPitch;
  i64 xPitch;
  i64 residualPitch;
  float eps;
  float weightOffset;
  u32 formats;
};

// Numbers as large as fp32 allows become at most 2^49, whose squares can be summed.
constexpr float kShrink = 0x1p-80f;

// 1 / sqrt(meanOfSquares + eps). Where fp32 does not hold that mean, shrunkenMean() takes it again,
// of the squares of kShrink times the numbers. All lanes of the warp must come here.
template <bool kHuge, class Mean>
__device__ __forceinline__ float reciprocalDeviation(float meanOfSquares, float eps,
                                                     Mean shrunkenMean) {
  if (kHuge && __any_sync(kAllLanes, !(meanOfSquares < INFINITY))) {
    const float shrunken = shrunkenMean();
    if (!(meanOfSquares < INFINITY)) {
      return kShrink * reciprocalSqrt(fmaf(eps * kShrink, kShrink, shrunken));
    }
  }
  return reciprocalSqrt(meanOfSquares + eps);
}

template <class Io, bool kLayer>
__device__ __forceinline__ void normForward(const NormForward& p) {
  constexpr int N = Io::kLanes;
  __shared__ GroupScratch<kMaxGroupWarps<N>> scratch;
  RowGroup<kMaxGroupWarps<N>> group(scratch);
  const int xFormat = formatOf(p.formats, kXBit);
  const int addendFormat = formatOf(p.formats, kAddendBit);
  const int sumFormat = formatOf(p.formats, kSumBit);
  const int yFormat = formatOf(p.formats, kOutBit);
  const int weightFormat = formatOf(p.formats, kWeightBit);
  const int biasFormat = formatOf(p.formats, kBiasBit);
  const u32 columns = static_cast<u32>(p.cols);
  const u32 place = group.placeInWarp();
  const u32 first = group.lane() * N;
  const u32 step = group.width() * N;

  // A thread whose vector lies beyond the row loads the row's first instead and leaves it out of
  // the sums: loads need no branch, and all of a row's are under way together.
  u32 column[kPacks];
  Lanes<N> weight[kPacks];
  Lanes<N> bias[kPacks];
#pragma unroll
  for (int v = 0; v < kPacks; v++) {
    column[v] = first + v * step < columns ? first + v * step : 0;
    weight[v] = Vector<N>{}.splat(1.0f);
    bias[v] = Vector<N>{}.splat(0.0f);
    if (p.weight) {
      const i64 at = Io::bytes(column[v], weightFormat);
      weight[v] = Io::unpack(Io::load(p.weight + at, weightFormat));
      forEachLane(weight[v], [&](int i) { weight[v].lane[i] += p.weightOffset; });
    }
    if (kLayer && p.bias) {
      bias[v] = Io::unpack(Io::load(p.bias + Io::bytes(column[v], biasFormat), biasFormat));
    }
  }

  const float count = static_cast<float>(p.cols);
  const float share = 1.0f / count;
  const i64 rowStep = static_cast<i64>(gridDim.x) * blockDim.y;
  i64 row = static_cast<i64>(blockIdx.x) * blockDim.y + threadIdx.y;
  const char* nextX = p.x + row * p.xPitch;
  for (; row - place < p.rows; row += rowStep) {
    // Lanes without a row go along, for the sake of the others of their warp.
    const bool live = row < p.rows;
    const u32 end = live ? columns : 0;
    const char* const x = live ? nextX : p.x;
    typename Io::Raw raw[kPacks];
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      raw[v] = Io::load(x + Io::bytes(column[v], xFormat), xFormat);
    }
    if (p.residual) {
      const char* const residual = p.residual + (live ? row * p.residualPitch : 0);
      char* const sum = p.sum + row * p.sumPitch;
      typename Io::Raw addend[kPacks];
#pragma unroll
      for (int v = 0; v < kPacks; v++) {
        addend[v] = Io::load(residual + Io::bytes(column[v], addendFormat), addendFormat);
      }
#pragma unroll
      for (int v = 0; v < kPacks; v++) {
        const auto s = lockstep::sum(Io::unpack(raw[v]), Io::unpack(addend[v]));
        raw[v] = Io::round(s, sumFormat);
        if (p.sum && first + v * step < end) {
          Io::store(sum + Io::bytes(column[v], sumFormat), raw[v], sumFormat);
        }
      }
    }

    Lanes<N> s[kPacks];
    float total = 0.0f;
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      s[v] = Io::unpack(raw[v]);
      const float part = kLayer ? laneSum(s[v]) : laneProducts(s[v], s[v]);
      total += first + v * step < end ? part : 0.0f;
    }
    total = group.sum(total);

    // For LayerNorm s becomes s - center. A mean in fp32 is off by up to half an ulp, which shows
    // where it is large beside the deviation. Short numbers near each other were summed exactly, so
    // what the center lacks follows from the total; of others it is the mean of s - center.
    const float center = kLayer ? total * share : 0.0f;
    float rest = 0.0f;
    float meanOfSquares = total * share;
    if (kLayer) {
      float squares = 0.0f;
      float beyond = 0.0f;
#pragma unroll
      for (int v = 0; v < kPacks; v++) {
        const bool present = first + v * step < end;
        forEachLane(s[v], [&](int i) { s[v].lane[i] -= center; });
        const float part = laneProducts(s[v], s[v]);
        squares += present ? part : 0.0f;
        if (!Io::kShort) {
          const float partBeyond = laneSum(s[v]);
          beyond += present ? partBeyond : 0.0f;
        }
      }
      if (Io::kShort) {
        squares = group.sum(squares);
        rest = fmaf(-center, count, total) * share;
      } else {
        group.sum(squares, beyond);
        rest = beyond * share;
      }
      meanOfSquares = fmaf(-rest, rest, squares * share);
      if (meanOfSquares < 0.0f) meanOfSquares = 0.0f;  // by rounding; NaN stays
    }
    const float scale = reciprocalDeviation<Io::kHuge>(meanOfSquares, p.eps, [&] {
      float squares = 0.0f;
#pragma unroll
      for (int v = 0; v < kPacks; v++) {
        if (first + v * step < end) {
          forEachLane(s[v], [&](int i) {
            const float d = s[v].lane[i] * kShrink;
            squares = fmaf(d, d, squares);
          });
        }
      }
      return group.sum(squares) * share;
    });
    const float shift = -rest * scale;
    if (group.lane() == 0 && end != 0) {
      if (kLayer && p.mean) p.mean[row] = center + rest;
      if (p.rstd) p.rstd[row] = scale;
    }

    char* const y = p.y + row * p.yPitch;
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      if (first + v * step < end) {
        forEachLane(s[v], [&](int i) {
          const float d = s[v].lane[i];
          s[v].lane[i] = kLayer ? fmaf(fmaf(d, scale, shift), weight[v].lane[i], bias[v].lane[i])
                                : d * scale * weight[v].lane[i];
        });
        Io::write(y + Io::bytes(column[v], yFormat), s[v], yFormat);
      }
    }
    nextX += rowStep * p.xPitch;
  }
}

}  // namespace lockstep
