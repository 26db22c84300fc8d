// Conversion between storage types, filling and scaling.
//
//   cast_<from>_<to>   dst[i] = round_to(src[i])
//   fill_T             dst[i] = round_T(value)
//   scale_T            x[i] = round_T(x[i] * factor)
//   unscale_T          x[i] = round_T(x[i] * (1 / scale)), exact for powers of two
//
// Nothing is fused here: these move data between kernels that are. Widening is exact. Narrowing
// rounds to nearest even; what fp16 cannot hold becomes infinity; NaN stays NaN.
//
//   dst  [n]  =          src  [n]          n elements in any number of dimensions
//   x    [n]  =          x [n]             factor, scale [1]: read on the device
//
// Fewest bytes: n * (sizeof(from) + sizeof(to)); fill: n * sizeof(T); scale: 2 * n * sizeof(T).
// Launch: block 256, any grid. Any n, any alignment. dst must not overlap src.

#include "lanes.cuh"

namespace lockstep::casting {

// Elements a thread takes at once: what fills 16 bytes of the wider type. Were it what fills the
// narrower, neighbouring threads would leave gaps between their 16 bytes of the wider.
template <class From, class To>
constexpr int kGroup = 16 / (sizeof(From) > sizeof(To) ? sizeof(From) : sizeof(To));

template <class From, class To>
__device__ __forceinline__ void cast(To* dst, const From* src, i64 n) {
  const i64 head = headLength(dst, n);
  const bool aligned = rowsAligned(0, dst + head, src + head);
  forEachElement<kGroup<From, To>>(n, head, aligned, [&](auto access, i64 first) {
    access.store(dst + first, access.load(src + first));
  });
}

template <class T>
__device__ __forceinline__ void fill(T* dst, i64 n, float value) {
  constexpr int N = Storage<T>::kLanes;
  forEachElement<N>(n, headLength(dst, n), true, [&](auto access, i64 first) {
    access.store(dst + first, access.splat(value));
  });
}

template <class T>
__device__ __forceinline__ void scale(T* x, i64 n, float by) {
  constexpr int N = Storage<T>::kLanes;
  forEachElement<N>(n, headLength(x, n), true, [&](auto access, i64 at) {
    auto lanes = access.load(x + at);
    forEachLane(lanes, [&](int i) { lanes.lane[i] *= by; });
    access.store(x + at, lanes);
  });
}

}  // namespace lockstep::casting

#define LOCKSTEP_CAST(from, From, to, To)                                                    \
  extern "C" __global__ void cast_##from##_##to(To* dst, const From* src, lockstep::i64 n) { \
    lockstep::casting::cast(dst, src, n);                                                    \
  }
LOCKSTEP_CAST(f32, float, f16, __half)
LOCKSTEP_CAST(f32, float, bf16, __nv_bfloat16)
LOCKSTEP_CAST(f16, __half, f32, float)
LOCKSTEP_CAST(f16, __half, bf16, __nv_bfloat16)
LOCKSTEP_CAST(bf16, __nv_bfloat16, f32, float)
LOCKSTEP_CAST(bf16, __nv_bfloat16, f16, __half)

#define LOCKSTEP_FILL_AND_SCALE(suffix, T)                                                 \
  extern "C" __global__ void fill_##suffix(T* dst, lockstep::i64 n, float value) {         \
    lockstep::casting::fill(dst, n, value);                                                \
  }                                                                                        \
  extern "C" __global__ void scale_##suffix(T* x, lockstep::i64 n, const float* factor) {  \
    lockstep::casting::scale(x, n, *factor);                                               \
  }                                                                                        \
  extern "C" __global__ void unscale_##suffix(T* x, lockstep::i64 n, const float* scale) { \
    lockstep::casting::scale(x, n, 1.0f / *scale);                                         \
  }
LOCKSTEP_FOR_EACH_TYPE(LOCKSTEP_FILL_AND_SCALE)
