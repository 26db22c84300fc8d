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
template <class Mean>
__device__ __forceinline__ float reciprocalDeviation(float meanOfSquares, float eps,
                                                     Mean shrunkenMean) {
  if (__any_sync(kAllLanes, !(meanOfSquares < INFINITY))) {
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
  const i64 place = kept(static_cast<i64>(group.placeInWarp()));
  const OwnColumns<Io> own(group, columns);
  Lanes<N> weight[kPacks];
  Lanes<N> bias[kPacks];
  const float offset = p.weight ? p.weightOffset : 0.0f;
  loadColumns(weight, group, own, p.weight, weightFormat, columns, 1.0f);
#pragma unroll
  for (int v = 0; v < kPacks; v++) {
    forEachLane(weight[v], [&](int i) { weight[v].lane[i] += offset; });
  }
  if (kLayer) loadColumns(bias, group, own, p.bias, biasFormat, columns, 0.0f);

  const float count = static_cast<float>(p.cols);
  const float share = 1.0f / count;
  const i64 rowStep = kept(static_cast<i64>(gridDim.x) * blockDim.y);
  const i64 xStep = kept(rowStep * p.xPitch);
  i64 row = static_cast<i64>(blockIdx.x) * blockDim.y + threadIdx.y;
  const char* nextX = p.x + row * p.xPitch;
  for (; row - place < p.rows; row += rowStep) {
    // Lanes without a row go along with row 0, for the sake of the others of their warp.
    const bool live = row < p.rows;
    const char* const x = kept(live ? nextX : p.x);
    nextX += xStep;
    typename Io::Raw raw[kPacks];
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      raw[v] = Io::load(x + Io::bytes(own.place[v], xFormat), xFormat);
    }
    if (p.residual) {
      const char* const residual = kept(p.residual + (live ? row * p.residualPitch : 0));
      typename Io::Raw addend[kPacks];
#pragma unroll
      for (int v = 0; v < kPacks; v++) {
        addend[v] = Io::load(residual + Io::bytes(own.place[v], addendFormat), addendFormat);
      }
#pragma unroll
      for (int v = 0; v < kPacks; v++) {
        raw[v] = Io::round(lockstep::sum(Io::unpack(raw[v]), Io::unpack(addend[v])), sumFormat);
      }
      if (p.sum && live) {
        char* const sum = kept(p.sum + row * p.sumPitch);
#pragma unroll
        for (int v = 0; v < kPacks; v++) {
          if (own.present[v] != 0.0f) {
            Io::store(sum + Io::bytes(own.place[v], sumFormat), raw[v], sumFormat);
          }
        }
      }
    }

    Lanes<N> s[kPacks];
    float total = 0.0f;
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      s[v] = Io::unpack(raw[v]);
      const float part = kLayer ? laneSum(s[v]) : laneProducts(s[v], s[v]);
      total = v == 0 ? part * own.present[v] : fmaf(part, own.present[v], total);
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
        forEachLane(s[v], [&](int i) { s[v].lane[i] -= center; });
        const float part = laneProducts(s[v], s[v]);
        squares = v == 0 ? part * own.present[v] : fmaf(part, own.present[v], squares);
        if (!Io::kShort) {
          const float more = laneSum(s[v]);
          beyond = v == 0 ? more * own.present[v] : fmaf(more, own.present[v], beyond);
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
    const float scale = reciprocalDeviation(meanOfSquares, p.eps, [&] {
      float squares = 0.0f;
#pragma unroll
      for (int v = 0; v < kPacks; v++) {
        if (own.present[v] != 0.0f) {
          forEachLane(s[v], [&](int i) {
            const float d = s[v].lane[i] * kShrink;
            squares = fmaf(d, d, squares);
          });
        }
      }
      return group.sum(squares) * share;
    });
    const float shift = -rest * scale;
    if (!live) continue;
    if (group.lane() == 0) {
      if (kLayer && p.mean) p.mean[row] = center + rest;
      if (p.rstd) p.rstd[row] = scale;
    }
    char* const y = kept(p.y + row * p.yPitch);
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      if (own.present[v] != 0.0f) {
        forEachLane(s[v], [&](int i) {
          const float d = s[v].lane[i];
          s[v].lane[i] = kLayer ? fmaf(fmaf(d, scale, shift), weight[v].lane[i], bias[v].lane[i])
                                : d * scale * weight[v].lane[i];
        });
        Io::write(y + Io::bytes(own.place[v], yFormat), s[v], yFormat);
      }
    }
  }
}

}  // namespace lockstep
