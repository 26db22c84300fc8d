// Dropout, with the residual addition after it fused in.
//
//   forward    y = residual + scale * x where kept, residual where not       (residual 0 when null)
//   backward   dX = scale * dY where kept, 0 where not         the residual's gradient is dY itself
//
//   kept(i) = philox(counter, seed)[i mod 4] >= threshold
//   counter = i / 4 + 2^64 (offset + place)
//   threshold = p 2^32, so kept has probability 1 - p;   scale = 1 / (1 - p)
//
// Fused and never stored: the mask is a function of the element's index i, the seed and the offset,
// and backward makes it again. So it is the same for any grid, alignment and type. Seed and offset
// are read on the device: a captured launch draws another mask each time that
// dropout_advance has moved the offset on. place tells the dropouts of one step apart.
// A dropped element is 0 (or the residual) whatever it was, NaN and infinity too.
//
//   y [n] =    x [n]    residual [n] or null    state {seed, offset}
//   dX [n] =   dY [n]
//
// y may be x or residual, dX may be dY.
//
// Fewest bytes: 2 * n * sizeof(T), 3 with a residual. One philox call serves four elements.
//
// Launch: block 256, any grid; advance one thread. Any n, any alignment.

#include "lanes.cuh"
#include "philox.cuh"

namespace lockstep::dropout {

// What the host lays out; seed and offset from their lower halves on.
struct State {
  uint2 seed;
  u64 offset;
};

constexpr int kPerCall = 4;

// Element first + i becomes value[i] times scale, or 0. first is a multiple of 4.
template <int N>
__device__ __forceinline__ void drop(Lanes<N>& value, i64 first, const Philox& random, u64 offset,
                                     u32 threshold, float scale) {
  static_assert(N % kPerCall == 0, "whole calls");
#pragma unroll
  for (int call = 0; call < N; call += kPerCall) {
    const u64 group = static_cast<u64>(first + call) / kPerCall;
    const uint4 drawn =
        random(make_uint4(static_cast<u32>(group), static_cast<u32>(group >> 32),
                          static_cast<u32>(offset), static_cast<u32>(offset >> 32)));
    const u32 words[kPerCall] = {drawn.x, drawn.y, drawn.z, drawn.w};
#pragma unroll
    for (int i = 0; i < kPerCall; i++) {
      float& element = value.lane[call + i];
      element = words[i] >= threshold ? element * scale : 0.0f;
    }
  }
}

template <class T>
__device__ __forceinline__ void apply(T* y, const T* x, const T* residual, const State* state,
                                      i64 n, u64 place, u32 threshold, float scale) {
  constexpr int N = Storage<T>::kLanes;
  const Philox random(state->seed);
  const u64 offset = state->offset + place;
  const i64 thread = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x;
  const i64 threads = static_cast<i64>(gridDim.x) * blockDim.x;
  const i64 whole = rowsAligned(0, y, x, residual) ? n / N * N : 0;
  const Vector<N> access;
  for (i64 at = thread * N; at < whole; at += threads * N) {
    auto value = access.load(x + at);
    drop(value, at, random, offset, threshold, scale);
    if (residual) value = sum(value, access.load(residual + at));
    access.store(y + at, value);
  }
  // What is left after whole vectors, or everything where there are none, by fours: a call each.
  for (i64 at = whole + thread * kPerCall; at < n; at += threads * kPerCall) {
    Lanes<kPerCall> value;
    forEachLane(value, [&](int i) { value.lane[i] = at + i < n ? loadFloat(x + at + i) : 0.0f; });
    drop(value, at, random, offset, threshold, scale);
    forEachLane(value, [&](int i) {
      if (at + i >= n) return;
      const float own = residual ? value.lane[i] + loadFloat(residual + at + i) : value.lane[i];
      storeFloat(y + at + i, own);
    });
  }
}

}  // namespace lockstep::dropout

#define LOCKSTEP_DROPOUT(suffix, T)                                                               \
  extern "C" __global__ void __launch_bounds__(256) dropout_forward_##suffix(                     \
      T* y, const T* x, const T* residual, const lockstep::dropout::State* state,                 \
      lockstep::i64 n, lockstep::u64 place, lockstep::u32 threshold, float scale) {               \
    lockstep::dropout::apply(y, x, residual, state, n, place, threshold, scale);                  \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(256) dropout_backward_##suffix(                    \
      T* dX, const T* dY, const lockstep::dropout::State* state, lockstep::i64 n,                 \
      lockstep::u64 place, lockstep::u32 threshold, float scale) {                                \
    lockstep::dropout::apply<T>(dX, dY, nullptr, state, n, place, threshold, scale);              \
  }
LOCKSTEP_FOR_EACH_TYPE(LOCKSTEP_DROPOUT)

extern "C" __global__ void dropout_advance(lockstep::dropout::State* state, lockstep::u64 count) {
  if (blockIdx.x == 0 && threadIdx.x == 0) state->offset += count;
}
