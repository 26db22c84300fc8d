// The norm of all gradients together, the factor that clips them, and whether any is not finite;
// all of it stays on the device. Clipping by value.
//
//   norm = sqrt(sum of (g / lossScale)^2 over all tensors) (normType 2), or max |g / lossScale| (0)
//   clipFactor = min(1, maxNorm / (norm + 1e-6))           (maxNorm infinity only measures)
//   gradFactor = clipFactor / lossScale
//
// Fused: loss unscaling, norm, clipping and the search for non-finite gradients in one read of
// tensors of mixed types. The gradients are not rewritten: the optimiser multiplies by gradFactor
// while it reads them. clip_gradients rewrites them for callers that want that.
//
// Every finite number counts, however large or small. A chunk's squares are added in fp32; where
// that sum may have lost something to the range of fp32 (below 2^-110 or above 2^100), the chunk is
// read again and the sum taken of numbers scaled by 2^100 or 2^-100, which is exact. As a double no
// sum of squares of floats leaves the range. The sum over chunks is taken in 128-bit fixed point
// relative to the largest, so it does not depend on any order: neither the grid nor the order of
// the tensors changes a bit. What a tensor adds depends on its values and its address modulo 16.
//
// A gradient that is NaN or infinite, or becomes infinite by unscaling, makes the norm NaN or
// infinite. Then, with propagate 0, the factors are 0 and skip is set; with propagate 1 the factors
// are what the formulas give, as PyTorch's clip_grad_norm_ has it.
//
//   partial   partials [chunks] (f64) =    chunk list
//   tensors   norms [tensors] =            firstChunks [tensors + 1]
//   finish    norm, clipFactor, gradFactor, nonFinite, skip of state =
//   clip      g = min(max(g * gradFactor, -bound), bound), NaN kept; gradFactor 1 without state
//
// Fewest bytes: n * sizeof(T) for the norm of n elements; a chunk beyond the range where plain
// squares are safe, or all zero, is read twice, the second time from cache. clip: twice that.
//
// Launch: partial 128 threads, clip 128, any grid, one block per chunk being the natural one;
// tensors 256, one warp per tensor; finish one block of 512.
// Any sizes, any alignment, any number of tensors.

#include "chunks.cuh"
#include "step_state.cuh"
#include "warp.cuh"

namespace lockstep::global_norm {

constexpr int kThreads = 128;
constexpr int kWarps = kThreads / kWarpSize;
constexpr int kFinishThreads = 512;
constexpr u64 kInfinityBits = 0x7ff0000000000000u;

// Between these a sum of up to kChunkElements squares has lost nothing: squares below 2^-126 add
// less than kChunkElements * 2^-150 to its error, and every number is below 2^50.
constexpr float kSafeMinimum = 0x1p-110f;
constexpr float kSafeMaximum = 0x1p100f;
constexpr float kScaleUp = 0x1p100f;
constexpr float kScaleDown = 0x1p-100f;

// Four sums of squares, so that additions need not wait for each other.
template <class T, bool kScaled>
struct Squares {
  float scale;
  float sum[4] = {0.0f, 0.0f, 0.0f, 0.0f};

  __device__ __forceinline__ void add(float g, int to) {
    const float x = kScaled ? g * scale : g;
    sum[to] = fmaf(x, x, sum[to]);
  }

  __device__ __forceinline__ void add(const FloatVector<T>& vector) {
#pragma unroll
    for (int i = 0; i < FloatVector<T>::kLanes; i++) add(vector.lane[i], i % 4);
  }

  __device__ __forceinline__ float total() const { return (sum[0] + sum[1]) + (sum[2] + sum[3]); }
};

// The largest |g| as bits, which order magnitudes as numbers, infinity above all and NaN above
// that. For 16-bit types the upper and the lower halves of words have a maximum each.
template <class T>
struct Magnitude {
  u32 high = 0;
  u32 low = 0;

  __device__ __forceinline__ void addWord(u32 word) {
    if constexpr (sizeof(T) == 4) {
      high = max(high, word & 0x7fffffffu);
    } else {
      high = max(high, word & 0x7fff0000u);
      low = max(low, word & 0x7fffu);
    }
  }

  __device__ __forceinline__ void add(uint4 raw) {
    addWord(raw.x);
    addWord(raw.y);
    addWord(raw.z);
    addWord(raw.w);
  }

  __device__ __forceinline__ u32 floatBits() const {
    if constexpr (sizeof(T) == 4) {
      return high;
    } else {
      return __float_as_uint(Word<T>::unpack(max(high >> 16, low)).lane[0]);
    }
  }
};

// Sum and maximum over the block, the same bits in every thread. Each use has its own scratch.
__device__ __forceinline__ float blockSum(float value, float4& scratch) {
  value = warpSum(value);
  if (laneIndex() == 0) reinterpret_cast<float*>(&scratch)[warpIndex()] = value;
  __syncthreads();
  static_assert(kWarps == 4, "one float for each warp");
  const float4 all = scratch;
  return (all.x + all.y) + (all.z + all.w);
}

__device__ __forceinline__ u32 blockMax(u32 value, uint4& scratch) {
  value = __reduce_max_sync(kAllLanes, value);
  if (laneIndex() == 0) reinterpret_cast<u32*>(&scratch)[warpIndex()] = value;
  __syncthreads();
  const uint4 all = scratch;
  return max(max(all.x, all.y), max(all.z, all.w));
}

template <class T>
__device__ __forceinline__ float largest(const T* g, int count, uint4& scratch) {
  Magnitude<T> magnitude;
  forEachInChunk<kThreads, RawVector>(
      g, count, [&](uint4 raw, const T*) { magnitude.add(raw); },
      [&](const T* at) {
        u32 word = 0;
        *reinterpret_cast<T*>(&word) = *at;
        magnitude.addWord(word);
      });
  return __uint_as_float(blockMax(magnitude.floatBits(), scratch));
}

template <bool kScaled, class T>
__device__ __forceinline__ float squares(const T* g, int count, float scale, float4& scratch) {
  Squares<T, kScaled> sum{scale};
  forEachInChunk<kThreads, FloatVector<T>>(
      g, count, [&](const FloatVector<T>& vector, const T*) { sum.add(vector); },
      [&](const T* at) { sum.add(loadFloat(at), 0); });
  return blockSum(sum.total(), scratch);
}

// A maximum or a norm after unscaling: infinite where a finite one is beyond the range of fp32.
__device__ __forceinline__ bool overflowsUnscaled(float largest, const StepState* state) {
  return !(fabsf(largest / state->lossScale) < INFINITY);
}

template <class T>
__device__ __forceinline__ double partial(const T* g, int count, int normType,
                                          const StepState* state) {
  __shared__ uint4 maxScratch;
  __shared__ float4 sumScratch[2];
  if (normType != 2) {
    const float maximum = largest(g, count, maxScratch);
    const bool bad = maximum > 0x1p50f && overflowsUnscaled(maximum, state);
    return bad ? INFINITY : maximum;
  }
  const float plain = squares<false>(g, count, 1.0f, sumScratch[0]);
  if (plain >= kSafeMinimum && plain <= kSafeMaximum) return plain;
  if (plain < kSafeMinimum) {
    return squares<true>(g, count, kScaleUp, sumScratch[1]) * 0x1p-200;
  }
  const float scaled = squares<true>(g, count, kScaleDown, sumScratch[1]);
  const float maximum = largest(g, count, maxScratch);
  const bool bad = scaled < INFINITY && overflowsUnscaled(maximum, state);
  return bad ? INFINITY : scaled * 0x1p200;
}

// A sum of doubles that are not negative, in fixed point: whole units and 2^-32 of them, a unit
// being 2^-30 of the power of two below the largest. Up to 2^31 summands fit. Integers add up to
// the same whatever their order.
struct FixedSum {
  i64 units = 0;
  i64 parts = 0;

  __device__ __forceinline__ void add(double value, double scale) {
    const double scaled = value * scale;
    const i64 whole = __double2ll_rz(scaled);
    units += whole;
    parts += __double2ll_rz((scaled - static_cast<double>(whole)) * 0x1p32);
  }

  __device__ __forceinline__ double value(double scale) const {
    const i64 carried = units + (parts >> 32);
    const double rest = static_cast<double>(parts & 0xffffffffLL) * 0x1p-32;
    return (static_cast<double>(carried) + rest) / scale;
  }
};

// What brings the largest, whose bits these are, to between 2^30 and 2^31.
__device__ __forceinline__ double unitScale(u64 largestBits) {
  return __longlong_as_double(static_cast<i64>((2 * 1023 + 30 - (largestBits >> 52)) << 52));
}

struct Larger {
  __device__ __forceinline__ u64 operator()(u64 a, u64 b) const { return a > b ? a : b; }
};

struct Plus {
  __device__ __forceinline__ i64 operator()(i64 a, i64 b) const { return a + b; }
};

// The 32 lanes of a warp as one.
struct Warp {
  __device__ __forceinline__ int rank() const { return laneIndex(); }
  static constexpr int kSize = kWarpSize;

  template <class V, class Combine>
  __device__ __forceinline__ V reduce(V value, Combine combine) const {
#pragma unroll
    for (int step = kWarpSize / 2; step > 0; step /= 2) {
      value = combine(value, __shfl_xor_sync(kAllLanes, value, step));
    }
    return value;
  }
};

// The threads of the finishing block as one.
struct Block {
  u64* scratch;  // one word for each warp

  __device__ __forceinline__ int rank() const { return threadIdx.x; }
  static constexpr int kSize = kFinishThreads;

  template <class V, class Combine>
  __device__ __forceinline__ V reduce(V value, Combine combine) const {
    value = Warp{}.reduce(value, combine);
    __syncthreads();  // the previous reduction may still be reading
    if (laneIndex() == 0) scratch[warpIndex()] = static_cast<u64>(value);
    __syncthreads();
    value = static_cast<V>(scratch[laneIndex() % (kSize / kWarpSize)]);
#pragma unroll
    for (int step = kSize / kWarpSize / 2; step > 0; step /= 2) {
      value = combine(value, __shfl_xor_sync(kAllLanes, value, step));
    }
    return value;
  }
};

// The norm of the chunks from first up to end, not unscaled; NaN or infinite if one of them is.
template <class Group>
__device__ __forceinline__ double combined(const double* partials, i64 first, i64 end,
                                           int normType, Group group) {
  u64 bits = 0;
  for (i64 chunk = first + group.rank(); chunk < end; chunk += Group::kSize) {
    bits = max(bits, static_cast<u64>(__double_as_longlong(partials[chunk])));
  }
  bits = group.reduce(bits, Larger{});
  const double largest = __longlong_as_double(static_cast<i64>(bits));
  if (normType != 2 || bits == 0 || bits >= kInfinityBits) return largest;
  const double scale = unitScale(bits);
  FixedSum sum;
  for (i64 chunk = first + group.rank(); chunk < end; chunk += Group::kSize) {
    sum.add(partials[chunk], scale);
  }
  sum.units = group.reduce(sum.units, Plus{});
  sum.parts = group.reduce(sum.parts, Plus{});
  return sqrt(sum.value(scale));
}

__device__ __forceinline__ void finish(StepState* state, const double* partials,
                                       const TensorChunk* list, i64 chunks, int normType,
                                       float maxNorm, int propagate) {
  __shared__ u64 scratch[kFinishThreads / kWarpSize];
  const Block block{scratch};
  const double raw = combined(partials, 0, chunks, normType, block);
  const bool finite = raw < INFINITY;
  int nonFinite = 0;
  if (!finite) {
    // The smallest number is the largest distance from the top.
    u64 first = 0;
    for (i64 chunk = threadIdx.x; chunk < chunks && first == 0; chunk += kFinishThreads) {
      if (!(partials[chunk] < INFINITY)) first = ~static_cast<u64>(chunk);
    }
    nonFinite = static_cast<int>(list[~block.reduce(first, Larger{})].tensor()) + 1;
  }
  if (threadIdx.x != 0) return;

  const double norm = raw / state->lossScale;
  const double ratio = maxNorm / (norm + 1e-6);
  // A NaN ratio is not >= 1 and stays.
  float clipFactor = ratio >= 1.0 ? 1.0f : static_cast<float>(ratio);
  const bool skip = !finite && !propagate;
  if (skip) clipFactor = 0.0f;
  state->norm = static_cast<float>(norm);
  state->clipFactor = clipFactor;
  state->gradFactor = clipFactor / state->lossScale;
  state->nonFinite = nonFinite;
  state->skip = skip;
}

// NaN stays NaN, which fminf and fmaxf would drop.
__device__ __forceinline__ float clamped(float value, float bound) {
  asm("min.NaN.f32 %0, %0, %1;" : "+f"(value) : "f"(bound));
  asm("max.NaN.f32 %0, %0, %1;" : "+f"(value) : "f"(-bound));
  return value;
}

template <class T>
__device__ __forceinline__ void clip(T* g, int count, float factor, float bound) {
  forEachInChunk<kThreads, FloatVector<T>>(
      g, count,
      [&](FloatVector<T> vector, T* at) {
#pragma unroll
        for (int i = 0; i < FloatVector<T>::kLanes; i++) {
          vector.lane[i] = clamped(vector.lane[i] * factor, bound);
        }
        vector.store(at);
      },
      [&](T* at) { storeFloat(at, clamped(loadFloat(at) * factor, bound)); });
}

}  // namespace lockstep::global_norm

extern "C" __global__ void __launch_bounds__(lockstep::global_norm::kThreads)
    global_norm_partial(double* partials, const lockstep::TensorChunk* list, lockstep::i64 chunks,
                        int normType, const lockstep::StepState* state) {
  for (lockstep::i64 chunk = blockIdx.x; chunk < chunks; chunk += gridDim.x) {
    const lockstep::TensorChunk own = list[chunk];
    lockstep::withElementType(own.type(), [&](auto zero) {
      using T = decltype(zero);
      const double result = lockstep::global_norm::partial(
          lockstep::atDistance<const T>(list, own.distance), own.count, normType, state);
      if (threadIdx.x == 0) partials[chunk] = result;
    });
    if (chunk + gridDim.x < chunks) __syncthreads();  // scratch is used again
  }
}

extern "C" __global__ void global_norm_tensors(float* norms, const double* partials,
                                               const lockstep::i64* firstChunks, int tensors,
                                               int normType, const lockstep::StepState* state) {
  const lockstep::i64 tensor =
      (static_cast<lockstep::i64>(blockIdx.x) * blockDim.x + threadIdx.x) / lockstep::kWarpSize;
  if (tensor >= tensors) return;
  const double norm =
      lockstep::global_norm::combined(partials, firstChunks[tensor], firstChunks[tensor + 1],
                                      normType, lockstep::global_norm::Warp{});
  if (lockstep::laneIndex() == 0) norms[tensor] = static_cast<float>(norm / state->lossScale);
}

extern "C" __global__ void __launch_bounds__(lockstep::global_norm::kFinishThreads)
    global_norm_finish(lockstep::StepState* state, const double* partials,
                       const lockstep::TensorChunk* list, lockstep::i64 chunks, int normType,
                       float maxNorm, int propagate) {
  lockstep::global_norm::finish(state, partials, list, chunks, normType, maxNorm, propagate);
}

extern "C" __global__ void __launch_bounds__(lockstep::global_norm::kThreads)
    clip_gradients(const lockstep::TensorChunk* list, lockstep::i64 chunks, float bound,
                   const lockstep::StepState* state) {
  const float factor = state ? state->gradFactor : 1.0f;
  for (lockstep::i64 chunk = blockIdx.x; chunk < chunks; chunk += gridDim.x) {
    const lockstep::TensorChunk own = list[chunk];
    lockstep::withElementType(own.type(), [&](auto zero) {
      using T = decltype(zero);
      T* const g = lockstep::atDistance<T>(list, own.distance);
      lockstep::global_norm::clip(g, own.count, factor, bound);
    });
  }
}
