// LayerNorm (kLayer) and RMSNorm of rows that are too wide for registers or too oddly placed for
// vectors: a block to a row at a time, which reads the row again in every pass, and a kernel of its
// own for the gradients of weight and bias. Every tensor is of its own type.
#pragma once

#include "block.cuh"
#include "norm_backward.cuh"
#include "norm_forward.cuh"

namespace lockstep {

// Formats of which all addresses and pitches allow vectors of four elements.
constexpr u32 kVectorFormats = 1u << 16;

// Element 0 of a row, and its type.
template <class Byte>
struct RowOf {
  Byte* address;
  int format;
};

template <int N>
__device__ __forceinline__ Lanes<N> loadAs(Vector<N> access, RowOf<const char> row, i64 column) {
  if (row.format == 0) return access.load(reinterpret_cast<const float*>(row.address) + column);
  if (row.format == 1) return access.load(reinterpret_cast<const __half*>(row.address) + column);
  return access.load(reinterpret_cast<const __nv_bfloat16*>(row.address) + column);
}

template <int N>
__device__ __forceinline__ void storeAs(Vector<N> access, RowOf<char> row, i64 column,
                                        const Lanes<N>& lanes) {
  if (row.format == 0) {
    access.store(reinterpret_cast<float*>(row.address) + column, lanes);
  } else if (row.format == 1) {
    access.store(reinterpret_cast<__half*>(row.address) + column, lanes);
  } else {
    access.store(reinterpret_cast<__nv_bfloat16*>(row.address) + column, lanes);
  }
}

template <int N>
__device__ __forceinline__ Lanes<N> roundAs(int format, Lanes<N> lanes) {
  forEachLane(lanes, [&](int i) {
    float& lane = lanes.lane[i];
    lane = format == 0 ? lane : format == 1 ? roundTo<__half>(lane) : roundTo<__nv_bfloat16>(lane);
  });
  return lanes;
}

// The weight with its offset, 1 where there is none.
template <int N>
__device__ __forceinline__ Lanes<N> weightAt(Vector<N> access, RowOf<const char> weight,
                                             float offset, i64 column) {
  if (!weight.address) return access.splat(1.0f);
  auto lanes = loadAs(access, weight, column);
  forEachLane(lanes, [&](int i) { lanes.lane[i] += offset; });
  return lanes;
}

template <bool kLayer>
__device__ __forceinline__ void normForwardAny(const NormForward& p) {
  __shared__ BlockScratch<1> single;
  __shared__ BlockScratch<2> pair;
  const bool vectors = p.formats & kVectorFormats;
  const float share = 1.0f / static_cast<float>(p.cols);
  const RowOf<const char> weight{p.weight, formatOf(p.formats, kWeightBit)};
  const RowOf<const char> bias{p.bias, formatOf(p.formats, kBiasBit)};
  const int sumFormat = formatOf(p.formats, kSumBit);
  for (i64 row = blockIdx.x; row < p.rows; row += gridDim.x) {
    const RowOf<const char> x{p.x + row * p.xPitch, formatOf(p.formats, kXBit)};
    const RowOf<const char> residual{p.residual + row * p.residualPitch,
                                     formatOf(p.formats, kAddendBit)};
    const RowOf<char> sum{p.sum + row * p.sumPitch, sumFormat};
    const RowOf<char> y{p.y + row * p.yPitch, formatOf(p.formats, kOutBit)};
    float total = 0.0f;
    forEachColumn<4>(p.cols, vectors, [&](auto access, i64 column) {
      auto s = loadAs(access, x, column);
      if (p.residual) {
        s = roundAs(sumFormat, lockstep::sum(s, loadAs(access, residual, column)));
        if (p.sum) storeAs(access, sum, column, s);
      }
      total += kLayer ? laneSum(s) : laneProducts(s, s);
    });
    total = blockSum(total, single);

    // A thread reads back the columns of sum that it wrote itself: sum may have overwritten x.
    const bool again = p.residual && p.sum;
    const RowOf<const char> from = again ? RowOf<const char>{sum.address, sumFormat} : x;
    const float center = kLayer ? total * share : 0.0f;
    const auto centered = [&](auto access, i64 column) {
      auto s = loadAs(access, from, column);
      if (p.residual && !again) {
        s = roundAs(sumFormat, lockstep::sum(s, loadAs(access, residual, column)));
      }
      forEachLane(s, [&](int i) { s.lane[i] -= center; });
      return s;
    };
    float rest = 0.0f;  // what the center in fp32 lacks
    float meanOfSquares = total * share;
    if (kLayer) {
      float moments[2] = {0.0f, 0.0f};
      forEachColumn<4>(p.cols, vectors, [&](auto access, i64 column) {
        const auto s = centered(access, column);
        moments[0] += laneSum(s);
        moments[1] += laneProducts(s, s);
      });
      blockSum(moments, pair);
      rest = moments[0] * share;
      meanOfSquares = fmaf(-rest, rest, moments[1] * share);
      if (meanOfSquares < 0.0f) meanOfSquares = 0.0f;  // by rounding; NaN stays
    }
    const float scale = reciprocalDeviation(meanOfSquares, p.eps, [&] {
      float squares = 0.0f;
      forEachColumn<4>(p.cols, vectors, [&](auto access, i64 column) {
        auto s = centered(access, column);
        forEachLane(s, [&](int i) { s.lane[i] *= kShrink; });
        squares += laneProducts(s, s);
      });
      return blockSum(squares, single) * share;
    });
    if (threadIdx.x == 0) {
      if (kLayer && p.mean) p.mean[row] = center + rest;
      if (p.rstd) p.rstd[row] = scale;
    }

    forEachColumn<4>(p.cols, vectors, [&](auto access, i64 column) {
      auto s = centered(access, column);
      forEachLane(s, [&](int i) { s.lane[i] = (s.lane[i] - rest) * scale; });
      s = product(s, weightAt(access, weight, p.weightOffset, column));
      if (kLayer && p.bias) s = lockstep::sum(s, loadAs(access, bias, column));
      storeAs(access, y, column, s);
    });
  }
}

// The gradient of x alone.
template <bool kLayer>
__device__ __forceinline__ void normBackwardAny(const NormBackward& p) {
  __shared__ BlockScratch<3> scratch;
  const bool vectors = p.formats & kVectorFormats;
  const float share = 1.0f / static_cast<float>(p.cols);
  const RowOf<const char> weight{p.weight, formatOf(p.formats, kWeightBit)};
  for (i64 row = blockIdx.x; row < p.rows; row += gridDim.x) {
    const RowOf<const char> x{p.x + row * p.xPitch, formatOf(p.formats, kXBit)};
    const RowOf<const char> dy{p.dy + row * p.dyPitch, formatOf(p.formats, kOutBit)};
    const RowOf<const char> dSum{p.dSum + row * p.dSumPitch, formatOf(p.formats, kAddendBit)};
    const RowOf<char> dx{p.dx + row * p.dxPitch, formatOf(p.formats, kSumBit)};
    const float mean = kLayer ? p.mean[row] : 0.0f;
    const float rstd = p.rstd[row];
    float sums[3] = {0.0f, 0.0f, 0.0f};  // of g = dy * weight, of g * d and of d = x - mean
    forEachColumn<4>(p.cols, vectors, [&](auto access, i64 column) {
      auto d = loadAs(access, x, column);
      forEachLane(d, [&](int i) { d.lane[i] -= mean; });
      const auto g = product(loadAs(access, dy, column),
                             weightAt(access, weight, p.weightOffset, column));
      sums[0] += laneSum(g);
      // A product with rstd first: d alone may be beyond what a product with g can hold.
      auto xhat = d;
      forEachLane(xhat, [&](int i) { xhat.lane[i] *= rstd; });
      sums[1] += laneProducts(g, xhat);
      sums[2] += laneSum(d);
    });
    blockSum(sums, scratch);
    const float rest = kLayer ? sums[2] * share : 0.0f;
    const float slope = -rstd * (sums[1] - rest * rstd * sums[0]) * share;
    const float level = -rstd * sums[0] * share;

    forEachColumn<4>(p.cols, vectors, [&](auto access, i64 column) {
      auto xhat = loadAs(access, x, column);
      forEachLane(xhat, [&](int i) { xhat.lane[i] = (xhat.lane[i] - mean - rest) * rstd; });
      auto g = product(loadAs(access, dy, column),
                       weightAt(access, weight, p.weightOffset, column));
      forEachLane(g, [&](int i) {
        g.lane[i] = fmaf(xhat.lane[i], slope, kLayer ? fmaf(g.lane[i], rstd, level)
                                                     : g.lane[i] * rstd);
      });
      if (p.dSum) g = lockstep::sum(g, loadAs(access, dSum, column));
      storeAs(access, dx, column, g);
    });
  }
}

// The partials: grid = (groups of columns, blocks of rows), a thread to N columns.
template <bool kLayer, int N>
__device__ __forceinline__ void normPartials(const NormBackward& p) {
  const Vector<N> access;
  const i64 column = (static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x) * N;
  if (column >= p.cols) return;
  const i64 firstRow = blockIdx.y * p.rowsPerBlock;
  const i64 last = p.rows - firstRow < p.rowsPerBlock ? p.rows : firstRow + p.rowsPerBlock;
  RowOf<const char> x{p.x + firstRow * p.xPitch, formatOf(p.formats, kXBit)};
  RowOf<const char> dy{p.dy + firstRow * p.dyPitch, formatOf(p.formats, kOutBit)};
  Lanes<N> dWeight = access.splat(0.0f);
  Lanes<N> dBias = access.splat(0.0f);
  for (i64 row = firstRow; row < last; row++) {
    const float mean = kLayer ? p.mean[row] : 0.0f;
    const float rstd = p.rstd[row];
    const auto s = loadAs(access, x, column);
    const auto g = loadAs(access, dy, column);
    forEachLane(g, [&](int i) {
      const float xhat = (s.lane[i] - mean) * rstd;
      dWeight.lane[i] = fmaf(g.lane[i], xhat, dWeight.lane[i]);
      if (kLayer) dBias.lane[i] += g.lane[i];
    });
    x.address += p.xPitch;
    dy.address += p.dyPitch;
  }
  const i64 at = blockIdx.y * p.cols + column;
  access.store(p.partials + at, dWeight);
  if (kLayer) access.store(p.partials + gridDim.y * p.cols + at, dBias);
}

template <bool kLayer>
__device__ __forceinline__ void normPartials(const NormBackward& p) {
  if (p.formats & kVectorFormats) {
    normPartials<kLayer, 4>(p);
  } else {
    normPartials<kLayer, 1>(p);
  }
}

}  // namespace lockstep
