// The backward pass of LayerNorm (kLayer) and RMSNorm for rows that fit the registers of a block:
// one read of every operand. See row_group.cuh for how rows are shared out.
//
// A thread keeps the weight and its share of the weight's and the bias's gradient in registers over
// all rows it works on. At the end the block adds up its slots and writes one row of partials.
#pragma once

#include "norm_io.cuh"
#include "row_group.cuh"

namespace lockstep {

// Row pitches are in bytes; dx and partials are written, the rest read. Null where optional.
struct NormBackward {
  char* dx;
  float* partials;
  const char* dy;
  const char* dSum;
  const char* x;
  const char* weight;
  const float* mean;
  const float* rstd;
  i64 rows;
  i64 cols;
  i64 dxPitch;
  i64 dyPitch;
  i64 dSumPitch;
  i64 xPitch;
  i64 rowsPerBlock;
  float weightOffset;
  u32 formats;
};

// Sums over the slots of a block, four columns at a time. Quads change places within groups of
// eight, which fill all banks: those that the threads of a quarter of a warp write at once, of
// neighbouring vectors of one slot or of several, reach different ones.
constexpr u32 kSlotQuads = kMaxGroupColumns / 4 + 128;

template <int N>
__device__ __forceinline__ u32 placeOfQuad(u32 quad, u32 slot, u32 width) {
  if (N == 4) return quad ^ (slot * width & 7);
  return quad ^ (quad >> 3 & 1) ^ (slot & 1) ^ ((slot >> 1) * 2 * width & 6);
}

template <int N, class Group>
__device__ __forceinline__ void writePartial(float* partial, const Lanes<N> (&own)[kPacks],
                                             const Group& group, u32 columns) {
  __shared__ float4 quads[kSlotQuads];
  const u32 quadsPerRow = columns / 4;
  const u32 slotQuads = (quadsPerRow + 7) & ~7u;
  const u32 width = group.width();
  __syncthreads();  // the previous call may still be reading
#pragma unroll
  for (int v = 0; v < kPacks; v++) {
    const u32 column = (group.lane() + v * group.width()) * N;
    if (column < columns) {
#pragma unroll
      for (int i = 0; i < N; i += 4) {
        quads[threadIdx.y * slotQuads + placeOfQuad<N>((column + i) / 4, threadIdx.y, width)] =
            make_float4(own[v].lane[i], own[v].lane[i + 1], own[v].lane[i + 2], own[v].lane[i + 3]);
      }
    }
  }
  __syncthreads();
  const u32 thread = threadIdx.y * blockDim.x + threadIdx.x;
  for (u32 quad = thread; quad < quadsPerRow; quad += blockDim.x * blockDim.y) {
    float4 sum = quads[placeOfQuad<N>(quad, 0, width)];
    for (u32 slot = 1; slot < blockDim.y; slot++) {
      const float4 next = quads[slot * slotQuads + placeOfQuad<N>(quad, slot, width)];
      sum = make_float4(sum.x + next.x, sum.y + next.y, sum.z + next.z, sum.w + next.w);
    }
    reinterpret_cast<float4*>(partial)[quad] = sum;
  }
}

template <class Io, bool kLayer>
__device__ __forceinline__ void normBackward(const NormBackward& p) {
  constexpr int N = Io::kLanes;
  // Whether xhat is known before the row is summed: the mean in fp32 is off by up to half an ulp,
  // which matters to long numbers and which the sum of x - mean tells.
  constexpr bool kKnown = !kLayer || Io::kShort;
  __shared__ GroupScratch<kMaxGroupWarps<N>> scratch;
  RowGroup<kMaxGroupWarps<N>> group(scratch);
  const int xFormat = formatOf(p.formats, kXBit);
  const int dSumFormat = formatOf(p.formats, kAddendBit);
  const int dxFormat = formatOf(p.formats, kSumBit);
  const int dyFormat = formatOf(p.formats, kOutBit);
  const int weightFormat = formatOf(p.formats, kWeightBit);
  const u32 columns = static_cast<u32>(p.cols);
  const u32 place = kept(group.placeInWarp());
  const OwnColumns<Io> own(group, columns);
  Lanes<N> weight[kPacks];
  Lanes<N> dWeight[kPacks];
  Lanes<N> dBias[kPacks];
  const float offset = p.weight ? p.weightOffset : 0.0f;
  loadColumns(weight, group, own, p.weight, weightFormat, columns, 1.0f);
#pragma unroll
  for (int v = 0; v < kPacks; v++) {
    forEachLane(weight[v], [&](int i) { weight[v].lane[i] += offset; });
    dWeight[v] = Vector<N>{}.splat(0.0f);
    dBias[v] = Vector<N>{}.splat(0.0f);
  }

  const float share = 1.0f / static_cast<float>(p.cols);
  // Rows count from the block's first on, of which it has fewer than 2^31.
  const i64 firstRow = blockIdx.x * p.rowsPerBlock;
  const i64 left = p.rows - firstRow;
  const u32 rows = kept(static_cast<u32>(left < p.rowsPerBlock ? left : p.rowsPerBlock));

  typename Io::Raw rawX[kPacks];
  typename Io::Raw rawDy[kPacks];
  float nextMean = 0.0f;
  float nextRstd = 0.0f;
  const auto fetch = [&](u32 local) {
    const i64 row = firstRow + local;
    const char* const x = kept(p.x + row * p.xPitch);
    const char* const dy = kept(p.dy + row * p.dyPitch);
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      rawX[v] = Io::load(x + Io::bytes(own.place[v], xFormat), xFormat);
      rawDy[v] = Io::load(dy + Io::bytes(own.place[v], dyFormat), dyFormat);
    }
    if (kLayer) nextMean = p.mean[row];
    nextRstd = p.rstd[row];
  };
  // Lanes without a row go along with the block's first, for the sake of the others of their warp.
  // Short numbers leave room in registers to fetch a row while the one before is worked on.
  if (Io::kShort) fetch(threadIdx.y < rows ? threadIdx.y : 0);
  for (u32 local = threadIdx.y; local - place < rows; local += blockDim.y) {
    const bool live = local < rows;
    const i64 row = firstRow + local;
    if (!Io::kShort) fetch(live ? local : 0);
    const float rstd = nextRstd;
    const float mean = nextMean;
    const float shift = -mean * rstd;
    Lanes<N> xhat[kPacks];  // x - mean until it is known
    Lanes<N> dy[kPacks];
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      xhat[v] = Io::unpack(rawX[v]);
      dy[v] = Io::unpack(rawDy[v]);
      forEachLane(xhat[v], [&](int i) {
        const float x = xhat[v].lane[i];
        xhat[v].lane[i] = !kKnown ? x - mean : kLayer ? fmaf(x, rstd, shift) : x * rstd;
      });
    }
    if (Io::kShort && local + blockDim.y < rows) fetch(local + blockDim.y);

    const auto accumulate = [&] {
#pragma unroll
      for (int v = 0; v < kPacks; v++) {
        forEachLane(dy[v], [&](int i) {
          dWeight[v].lane[i] = fmaf(dy[v].lane[i], xhat[v].lane[i], dWeight[v].lane[i]);
          if (kLayer) dBias[v].lane[i] += dy[v].lane[i];
        });
      }
    };
    if (kKnown && live) accumulate();

    Lanes<N> g[kPacks];
    float sumG = 0.0f;
    float sumProducts = 0.0f;
    float beyond = 0.0f;
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      g[v] = product(dy[v], weight[v]);
      const float partProducts = laneProducts(g[v], xhat[v]);
      sumProducts = v == 0 ? partProducts * own.present[v]
                           : fmaf(partProducts, own.present[v], sumProducts);
      if (kLayer) {
        const float partG = laneSum(g[v]);
        sumG = v == 0 ? partG * own.present[v] : fmaf(partG, own.present[v], sumG);
      }
      if (!kKnown) {
        const float part = laneSum(xhat[v]);
        beyond = v == 0 ? part * own.present[v] : fmaf(part, own.present[v], beyond);
      }
    }
    float rest = 0.0f;
    if (kLayer) {
      group.sum(sumG, sumProducts);
      if (!kKnown) {
        rest = group.sum(beyond) * share;
        sumProducts = (sumProducts - rest * sumG) * rstd;
#pragma unroll
        for (int v = 0; v < kPacks; v++) {
          forEachLane(xhat[v], [&](int i) {
            xhat[v].lane[i] = fmaf(xhat[v].lane[i], rstd, -rest * rstd);
          });
        }
      }
    } else {
      sumProducts = group.sum(sumProducts);
    }
    if (!live) continue;
    if (!kKnown) accumulate();

    const float slope = -rstd * sumProducts * share;
    const float level = -rstd * sumG * share;
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      forEachLane(g[v], [&](int i) {
        const float own = g[v].lane[i];
        g[v].lane[i] = fmaf(xhat[v].lane[i], slope, kLayer ? fmaf(own, rstd, level) : own * rstd);
      });
    }
    if (p.dSum) {
      const char* const dSum = kept(p.dSum + row * p.dSumPitch);
      typename Io::Raw raw[kPacks];
#pragma unroll
      for (int v = 0; v < kPacks; v++) {
        raw[v] = Io::load(dSum + Io::bytes(own.place[v], dSumFormat), dSumFormat);
      }
#pragma unroll
      for (int v = 0; v < kPacks; v++) g[v] = lockstep::sum(g[v], Io::unpack(raw[v]));
    }
    char* const dx = kept(p.dx + row * p.dxPitch);
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      if (own.present[v] != 0.0f) {
        Io::write(dx + Io::bytes(own.place[v], dxFormat), g[v], dxFormat);
      }
    }
  }

  if (p.partials) {
    float* const partial = p.partials + blockIdx.x * p.cols;
    writePartial(partial, dWeight, group, columns);
    if (kLayer) writePartial(partial + gridDim.x * p.cols, dBias, group, columns);
  }
}

}  // namespace lockstep
