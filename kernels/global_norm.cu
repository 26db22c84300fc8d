// The norm of all gradients together, the factor that clips them, and whether any is not finite;
// all of it stays on the device.
//
//   raw = sqrt(sum of g^2 over all tensors) (normType 2), or max |g| (normType 0)
//   norm = raw / lossScale,  clipFactor = min(1, maxNorm / (norm + 1e-6)) (1 when maxNorm <= 0)
//   gradFactor = clipFactor / lossScale
//
// Fused: loss unscaling, norm, clipping and the search for non-finite gradients in one read. The
// gradients are not rewritten: the optimiser multiplies by gradFactor while it reads them.
// cast.cu's scale_T rewrites a tensor for callers that want clipped gradients.
//
// Every finite number counts, however large or small: a chunk gives (m, s) with m = max |g|
// and s = sum (g / m)^2, and these are combined with ratios of maxima, so nothing over- or
// underflows before the norm itself does. Sums are in fixed order over chunks of fixed size. NaN
// makes the norm NaN and infinity makes it infinite: maxima compare the bits of |g|, where NaN is
// above infinity, infinity above every number.
//
//   partial   partials [chunks] =    table [tensors], ordered by firstChunk
//   finish    tensorNorms [tensors] = or null (of the gradients as stored)   state =
//
// Fewest bytes: n * sizeof(T) for the norm of n elements; a chunk beyond the range where plain
// squares are safe is read twice, the second time from cache.
//
// Launch: partial 256 threads, grid = chunks; finish one block of 256. Any sizes, any
// alignment, any number of tensors.

#include "block.cuh"
#include "lanes.cuh"
#include "step_state.cuh"
#include "tensor_slice.cuh"

namespace lockstep::global_norm {

constexpr int kThreads = 256;
constexpr u32 kInfinityBits = 0x7f800000u;

// Squares of numbers up to kSafeMaximum can be added 16384 times; where the maximum is above
// kSafeMinimum, what underflows is below the rounding error of the sum.
constexpr float kSafeMaximum = 1e16f;
constexpr float kSafeMinimum = 1e-12f;

// |x| as an integer in the order of magnitude, NaN last.
__device__ __forceinline__ u32 magnitudeBits(float x) { return __float_as_uint(x) & 0x7fffffffu; }

__device__ __forceinline__ u32 blockMaxBits(u32 value, u32 (&scratch)[kThreads / kWarpSize]) {
  value = __reduce_max_sync(kAllLanes, value);
  if (laneIndex() == 0) scratch[warpIndex()] = value;
  __syncthreads();
#pragma unroll
  for (int warp = 0; warp < kThreads / kWarpSize; warp++) value = max(value, scratch[warp]);
  return value;
}

template <class T>
__device__ __forceinline__ void partial(float4* partials, const TensorSlice* table, int tensors,
                                        int normType) {
  constexpr int N = Storage<T>::kLanes;
  __shared__ u32 maxScratch[kThreads / kWarpSize];
  __shared__ BlockScratch<1> sumScratch;
  const i64 chunk = blockIdx.x;
  const int tensor = ownerOfChunk(table, tensors, chunk);
  const i64 offset = (chunk - table[tensor].firstChunk) * kChunkElements;
  const i64 left = table[tensor].count - offset;
  const i64 count = left < kChunkElements ? left : kChunkElements;
  const T* const g = reinterpret_cast<const T*>(table[tensor].address) + offset;

  // Whole vectors and what is left after them, shared out alike whatever the alignment.
  const bool aligned = rowsAligned(0, g);
  const i64 whole = count / N * N;
  const auto forEachGradient = [&](auto body) {
    forEachColumn<N>(whole, aligned, body);
    forEachColumn<N>(count - whole, false,
                     [&](auto access, i64 column) { body(access, whole + column); });
  };

  u32 ownMaximum = 0;
  float squares = 0.0f;
  forEachGradient([&](auto access, i64 at) {
    const auto lanes = access.load(g + at);
    forEachLane(lanes, [&](int i) {
      ownMaximum = max(ownMaximum, magnitudeBits(lanes.lane[i]));
      squares = fmaf(lanes.lane[i], lanes.lane[i], squares);
    });
  });
  const u32 maximumBits = blockMaxBits(ownMaximum, maxScratch);
  const float maximum = __uint_as_float(maximumBits);
  const bool finite = maximumBits < kInfinityBits;

  float sum = 0.0f;
  if (normType == 2 && finite && maximumBits != 0) {
    if (maximum >= kSafeMinimum && maximum <= kSafeMaximum) {
      const float inverse = 1.0f / maximum;
      sum = blockSum(squares, sumScratch) * inverse * inverse;
    } else {
      float scaled = 0.0f;
      forEachGradient([&](auto access, i64 at) {
        const auto lanes = access.load(g + at);
        forEachLane(lanes, [&](int i) {
          const float ratio = lanes.lane[i] / maximum;
          scaled = fmaf(ratio, ratio, scaled);
        });
      });
      sum = blockSum(scaled, sumScratch);
    }
  }
  if (threadIdx.x == 0) {
    partials[chunk] = make_float4(maximum, sum, __int_as_float(finite ? 0 : tensor + 1), 0.0f);
  }
}

// Sum of s * (m / maximum)^2 over the chunks first, first + threads, ... below last; in double,
// since there may be many.
__device__ __forceinline__ double scaledSum(const float4* partials, i64 first, i64 last,
                                            int threads, float maximum) {
  double sum = 0.0;
  for (i64 chunk = first; chunk < last; chunk += threads) {
    const float ratio = partials[chunk].x / maximum;
    sum += static_cast<double>(partials[chunk].y) * ratio * ratio;
  }
  return sum;
}

__device__ __forceinline__ double warpSum(double value) {
#pragma unroll
  for (int step = kWarpSize / 2; step > 0; step /= 2) {
    value += __shfl_xor_sync(kAllLanes, value, step);
  }
  return value;
}

// m * sqrt(sum), where a maximum of 0, infinity or NaN is the norm itself.
__device__ __forceinline__ float normFrom(u32 maximumBits, double sum, int normType) {
  const float maximum = __uint_as_float(maximumBits);
  if (normType != 2 || maximumBits == 0 || maximumBits >= kInfinityBits) return maximum;
  return maximum * static_cast<float>(sqrt(sum));
}

__device__ __forceinline__ u32 maximumBitsOf(const float4* partials, i64 first, i64 last,
                                             int threads) {
  u32 bits = 0;
  for (i64 chunk = first; chunk < last; chunk += threads) {
    bits = max(bits, magnitudeBits(partials[chunk].x));
  }
  return bits;
}

// One warp per tensor.
__device__ __forceinline__ void tensorNorm(float* norms, const float4* partials,
                                           const TensorSlice* table, int tensor, int normType) {
  const i64 begin = table[tensor].firstChunk;
  const i64 end = begin + (table[tensor].count + kChunkElements - 1) / kChunkElements;
  const i64 first = begin + laneIndex();
  const u32 bits =
      __reduce_max_sync(kAllLanes, maximumBitsOf(partials, first, end, kWarpSize));
  const double own = scaledSum(partials, first, end, kWarpSize, __uint_as_float(bits));
  const double sum = warpSum(own);
  if (laneIndex() == 0) norms[tensor] = normFrom(bits, sum, normType);
}

__device__ __forceinline__ void finish(float* tensorNorms, StepState* state,
                                       const float4* partials, const TensorSlice* table,
                                       int tensors, i64 chunks, int normType, float maxNorm) {
  __shared__ u32 maxScratch[kThreads / kWarpSize];
  __shared__ double sumScratch[kThreads / kWarpSize];
  __shared__ u32 firstScratch[kThreads / kWarpSize];
  if (tensorNorms) {
    for (int tensor = warpIndex(); tensor < tensors; tensor += kThreads / kWarpSize) {
      tensorNorm(tensorNorms, partials, table, tensor, normType);
    }
  }

  const u32 bits =
      blockMaxBits(maximumBitsOf(partials, threadIdx.x, chunks, kThreads), maxScratch);
  const double own = scaledSum(partials, threadIdx.x, chunks, kThreads, __uint_as_float(bits));
  // Tensor numbers count from 1, so the largest distance from the top is the lowest number.
  u32 lowest = 0;
  for (i64 chunk = threadIdx.x; chunk < chunks; chunk += kThreads) {
    const u32 tensor = __float_as_uint(partials[chunk].z);
    if (tensor != 0) lowest = max(lowest, 0u - tensor);
  }
  lowest = blockMaxBits(lowest, firstScratch);
  const double warp = warpSum(own);
  if (laneIndex() == 0) sumScratch[warpIndex()] = warp;
  __syncthreads();
  if (threadIdx.x != 0) return;

  double sum = 0.0;
  for (int i = 0; i < kThreads / kWarpSize; i++) sum += sumScratch[i];
  const float norm = normFrom(bits, sum, normType) / state->lossScale;
  const float ratio = maxNorm / (norm + 1e-6f);
  // A NaN ratio is not >= 1 and stays.
  const float clipFactor = maxNorm <= 0.0f || ratio >= 1.0f ? 1.0f : ratio;
  state->norm = norm;
  state->clipFactor = clipFactor;
  state->gradFactor = clipFactor / state->lossScale;
  state->nonFinite = static_cast<int>(0u - lowest);
}

}  // namespace lockstep::global_norm

#define LOCKSTEP_GLOBAL_NORM(suffix, T)                                                         \
  extern "C" __global__ void global_norm_partial_##suffix(                                      \
      float4* partials, const lockstep::TensorSlice* table, int tensors, lockstep::i64 chunks,  \
      int normType) {                                                                           \
    if (blockIdx.x >= chunks) return;                                                           \
    lockstep::global_norm::partial<T>(partials, table, tensors, normType);                      \
  }
LOCKSTEP_FOR_EACH_TYPE(LOCKSTEP_GLOBAL_NORM)

extern "C" __global__ void global_norm_finish(float* tensorNorms, lockstep::StepState* state,
                                              const float4* partials,
                                              const lockstep::TensorSlice* table, int tensors,
                                              lockstep::i64 chunks, int normType, float maxNorm) {
  lockstep::global_norm::finish(tensorNorms, state, partials, table, tensors, chunks, normType,
                                maxNorm);
}
