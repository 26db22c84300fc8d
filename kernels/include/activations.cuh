// The activations every fused kernel offers, chosen by a code that is uniform over the grid, and
// their derivatives.
//
// Two precisions, their bounds held by ActivationAccuracyTests. Accurate: results stored as fp16 or
// bf16 are within 1 ulp of the rounded exact result for every input; fp32 within 4 ulp, or
// 4 * 2^-24 absolute where a derivative crosses zero. Tails included, down to subnormal results. Fast: one tanh.approx in place of exponential and division;
// bounds are absolute.
//
// At -inf silu and gelu are products with 0 and give NaN, as do their derivatives, so that an
// overflow is never hidden; at +inf they give +inf and 1. Derivatives of the relus at 0 are those
// of the negative side.
#pragma once

#include "activations_fast.cuh"
#include "activations_narrow.cuh"
#include "activations_wide.cuh"

namespace lockstep {

enum ActivationCode : int {
  kNone = 0,
  kRelu = 1,
  kLeakyRelu = 2,
  kSigmoid = 3,
  kTanh = 4,
  kSilu = 5,
  kGeluTanh = 6,
  kGeluErf = 7,
  // A gate only: silu at alpha times the clamped gate, see glu.cu.
  kClampedSilu = 8,
};

// Added to a code: kFast instead of kAccurate.
constexpr int kFastCode = 16;

template <class T>
struct AccurateOf {
  using Type = NarrowCurves<T>;
};

template <>
struct AccurateOf<float> {
  using Type = WideCurves;
};

// One activation, known when compiled; slope is leaky_relu's.
template <class Curves, int kCode>
struct ActivationCurve {
  float slope;

  __device__ __forceinline__ Curve at(float x) const {
    if constexpr (kCode == kNone) return {x, 1.0f};
    if constexpr (kCode == kRelu) return {maxKeepingNan(x, 0.0f), x <= 0.0f ? 0.0f : 1.0f};
    if constexpr (kCode == kLeakyRelu) {
      return {x <= 0.0f ? slope * x : x, x <= 0.0f ? slope : 1.0f};
    }
    if constexpr (kCode == kSigmoid) return Curves::sigmoid(x);
    if constexpr (kCode == kTanh) return Curves::tanh(x);
    if constexpr (kCode == kSilu || kCode == kClampedSilu) return Curves::silu(x);
    if constexpr (kCode == kGeluTanh) return Curves::geluTanh(x);
    if constexpr (kCode == kGeluErf) return Curves::geluErf(x);
  }
};

// Calls body with the accurate ActivationCurve of that code.
template <class T, class Body>
__device__ __forceinline__ void withAccurate(int code, float slope, Body body) {
  using Accurate = typename AccurateOf<T>::Type;
  switch (code) {
    case kNone: return body(ActivationCurve<Accurate, kNone>{slope});
    case kRelu: return body(ActivationCurve<Accurate, kRelu>{slope});
    case kLeakyRelu: return body(ActivationCurve<Accurate, kLeakyRelu>{slope});
    case kSigmoid: return body(ActivationCurve<Accurate, kSigmoid>{slope});
    case kTanh: return body(ActivationCurve<Accurate, kTanh>{slope});
    case kSilu: return body(ActivationCurve<Accurate, kSilu>{slope});
    case kGeluTanh: return body(ActivationCurve<Accurate, kGeluTanh>{slope});
    case kGeluErf: return body(ActivationCurve<Accurate, kGeluErf>{slope});
  }
}

// The same for any code, so that a loop in it knows what it computes.
template <class T, class Body>
__device__ __forceinline__ void withActivation(int code, float slope, Body body) {
  switch (code) {
    default: return withAccurate<T>(code, slope, body);
    case kFastCode + kSigmoid: return body(ActivationCurve<FastCurves, kSigmoid>{slope});
    case kFastCode + kTanh: return body(ActivationCurve<FastCurves, kTanh>{slope});
    case kFastCode + kSilu: return body(ActivationCurve<FastCurves, kSilu>{slope});
    case kFastCode + kGeluTanh: return body(ActivationCurve<FastCurves, kGeluTanh>{slope});
    case kFastCode + kGeluErf: return body(ActivationCurve<FastCurves, kGeluErf>{slope});
  }
}

}  // namespace lockstep
