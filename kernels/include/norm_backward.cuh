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

// Sums over the slots of a block, four columns at a time. Slots lie an odd number of quads apart,
// and quads swap places with their neighbours in every other group of eight, so that threads of
// neighbouring vectors reach different banks.
constexpr int kSlotQuads = kMaxGroupColumns / 4 + 128;

__device__ __forceinline__ u32 placeOfQuad(u32 quad) { return quad ^ (quad >> 3 & 1); }

template <int N>
__device__ __forceinline__ void writePartial(float* partial, const Lanes<N> (&own)[kPacks],
                                             u32 first, u32 step, u32 columns) {
  __shared__ float4 quads[kSlotQuads];
  const u32 quadsPerRow = columns / 4;
  const u32 slotQuads = (quadsPerRow + 1) | 1;
  __syncthreads();  // the previous call may still be reading
#pragma unroll
  for (int v = 0; v < kPacks; v++) {
    const u32 column = first + v * step;
    if (column < columns) {
#pragma unroll
      for (int i = 0; i < N; i += 4) {
        quads[threadIdx.y * slotQuads + placeOfQuad((column + i) / 4)] =
            make_float4(own[v].lane[i], own[v].lane[i + 1], own[v].lane[i + 2], own[v].lane[i + 3]);
      }
    }
  }
  __syncthreads();
  const u32 thread = threadIdx.y * blockDim.x + threadIdx.x;
  for (u32 quad = thread; quad < quadsPerRow; quad += blockDim.x * blockDim.y) {
    float4 sum = quads[placeOfQuad(quad)];
    for (u32 slot = 1; slot < blockDim.y; slot++) {
      const float4 next = quads[slot * slotQuads + placeOfQuad(quad)];
      sum = make_float4(sum.x + next.x, sum.y + next.y, sum.z + next.z, sum.w + next.w);
    }
    reinterpret_cast<float4*>(partial)[quad] = sum;
  }
}

template <class Io, bool kLayer>
__device__ __forceinline__ void normBackward(const NormBackward& p) {
  constexpr int N = Io::kLanes;
  __shared__ GroupScratch<kMaxGroupWarps<N>> scratch;
  RowGroup<kMaxGroupWarps<N>> group(scratch);
  const int xFormat = formatOf(p.formats, kXBit);
  const int dSumFormat = formatOf(p.formats, kAddendBit);
  const int dxFormat = formatOf(p.formats, kSumBit);
  const int dyFormat = formatOf(p.formats, kOutBit);
  const int weightFormat = formatOf(p.formats, kWeightBit);
  const u32 columns = static_cast<u32>(p.cols);
  const u32 place = group.placeInWarp();
  const u32 first = group.lane() * N;
  const u32 step = group.width() * N;

  // As in forward, a thread whose vector lies beyond the row goes along with the row's first.
  u32 column[kPacks];
  Lanes<N> weight[kPacks];
  Lanes<N> dWeight[kPacks];
  Lanes<N> dBias[kPacks];
#pragma unroll
  for (int v = 0; v < kPacks; v++) {
    column[v] = first + v * step < columns ? first + v * step : 0;
    weight[v] = Vector<N>{}.splat(1.0f);
    dWeight[v] = Vector<N>{}.splat(0.0f);
    dBias[v] = Vector<N>{}.splat(0.0f);
    if (p.weight) {
      const i64 at = Io::bytes(column[v], weightFormat);
      weight[v] = Io::unpack(Io::load(p.weight + at, weightFormat));
      forEachLane(weight[v], [&](int i) { weight[v].lane[i] += p.weightOffset; });
    }
  }

  const float share = 1.0f / static_cast<float>(p.cols);
  const i64 firstRow = blockIdx.x * p.rowsPerBlock;
  const i64 last = p.rows - firstRow < p.rowsPerBlock ? p.rows : firstRow + p.rowsPerBlock;
  const u32 rowStep = blockDim.y;
  i64 row = firstRow + threadIdx.y;
  char* dx = p.dx + row * p.dxPitch;

  typename Io::Raw rawX[kPacks];
  typename Io::Raw rawDy[kPacks];
  float nextMean = 0.0f;
  float nextRstd = 0.0f;
  const auto fetch = [&](i64 of) {
    const char* const x = p.x + of * p.xPitch;
    const char* const dy = p.dy + of * p.dyPitch;
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      rawX[v] = Io::load(x + Io::bytes(column[v], xFormat), xFormat);
      rawDy[v] = Io::load(dy + Io::bytes(column[v], dyFormat), dyFormat);
    }
    if (kLayer) nextMean = p.mean[of];
    nextRstd = p.rstd[of];
  };
  // Lanes without a row go along with the block's first, for the sake of the others of their warp.
  // Short numbers leave room in registers to fetch a row while the one before is worked on.
  if (Io::kShort) fetch(row < last ? row : firstRow);
  for (; row - place < last; row += rowStep) {
    const bool live = row < last;
    const u32 end = live ? columns : 0;
    if (!Io::kShort) fetch(live ? row : firstRow);
    const float rstd = nextRstd;
    const float mean = nextMean;
    const float shift = -mean * rstd;
    Lanes<N> xhat[kPacks];  // of LayerNorm with long numbers first x - mean
    Lanes<N> dy[kPacks];
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      xhat[v] = Io::unpack(rawX[v]);
      dy[v] = Io::unpack(rawDy[v]);
      forEachLane(xhat[v], [&](int i) {
        const float x = xhat[v].lane[i];
        xhat[v].lane[i] = !kLayer ? x * rstd : Io::kShort ? fmaf(x, rstd, shift) : x - mean;
      });
    }
    if (Io::kShort && row + rowStep < last) fetch(row + rowStep);

    float sumG = 0.0f;
    float sumProducts = 0.0f;
    float beyond = 0.0f;
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      const bool present = first + v * step < end;
      const Lanes<N> g = product(dy[v], weight[v]);
      const float partG = laneSum(g);
      const float partProducts = laneProducts(g, xhat[v]);
      const float partBeyond = laneSum(xhat[v]);
      sumG += present ? partG : 0.0f;
      sumProducts += present ? partProducts : 0.0f;
      beyond += present ? partBeyond : 0.0f;
    }
    float rest = 0.0f;
    if (kLayer) {
      group.sum(sumG, sumProducts);
      if (!Io::kShort) {
        // What the mean in fp32 lacks: see forward.
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
    if (live) {
#pragma unroll
      for (int v = 0; v < kPacks; v++) {
        forEachLane(dy[v], [&](int i) {
          dWeight[v].lane[i] = fmaf(dy[v].lane[i], xhat[v].lane[i], dWeight[v].lane[i]);
          if (kLayer) dBias[v].lane[i] += dy[v].lane[i];
        });
      }
    }

    const float slope = -rstd * sumProducts * share;
    const float level = -rstd * sumG * share;
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      dy[v] = product(dy[v], weight[v]);
      forEachLane(dy[v], [&](int i) {
        const float g = dy[v].lane[i];
        dy[v].lane[i] = fmaf(xhat[v].lane[i], slope, kLayer ? fmaf(g, rstd, level) : g * rstd);
      });
    }
    if (p.dSum) {
      const char* const dSum = p.dSum + (live ? row * p.dSumPitch : 0);
      typename Io::Raw raw[kPacks];
#pragma unroll
      for (int v = 0; v < kPacks; v++) {
        raw[v] = Io::load(dSum + Io::bytes(column[v], dSumFormat), dSumFormat);
      }
#pragma unroll
      for (int v = 0; v < kPacks; v++) dy[v] = lockstep::sum(dy[v], Io::unpack(raw[v]));
    }
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      if (first + v * step < end) {
        Io::write(dx + Io::bytes(column[v], dxFormat), dy[v], dxFormat);
      }
    }
    dx += rowStep * p.dxPitch;
  }

  if (p.partials) {
    float* const partial = p.partials + blockIdx.x * p.cols;
    writePartial(partial, dWeight, first, step, columns);
    if (kLayer) writePartial(partial + gridDim.x * p.cols, dBias, first, step, columns);
  }
}

}  // namespace lockstep
