// Activations whose result is stored in 16 bits: ex2 and rcp as the hardware has them, off by
// 2^-22, are far more than 11 bits need. What is left to take care of are tails and zeros.
//
// sigmoid, silu and gelu_tanh are one family, s(v) or x s(v) with s the logistic function and
// v = x or x (A + B x^2): x (1 + tanh u) / 2 = x s(2u) does not cancel for x << 0. gelu_erf is
// x Phi(x) with Phi(-z) = exp(-z^2 / 2) k(z), k a polynomial in 1 / (1 + 0.28 z).
//
// bf16 stores results down to 2^-133, where ex2 and rcp give 0 below 2^-126. For it the logistic
// is computed as 2^32 s = 1 / (2^-32 + 2^-32 e^-v) and scaled back by an ordinary product.
#pragma once

#include "curve.cuh"

namespace lockstep {

template <class T>
struct NarrowCurves {
  static constexpr bool kScaled = std::is_same<T, __nv_bfloat16>::value;
  static constexpr float kUnit = kScaled ? 0x1p-32f : 1.0f;

  // kUnit / (kUnit + kUnit e^(c x ln 2)) and more: s = factor, 1 - s = rest.
  struct Logistic {
    float s;
    float rest;
  };

  static __device__ __forceinline__ Logistic logistic(float x, float c) {
    const float exponent = kScaled ? fmaf(x, c, -32.0f) : x * c;
    const float scaled = reciprocalApproximate(exp2Approximate(exponent) + kUnit);
    return {kScaled ? scaled * kUnit : scaled, fmaf(scaled, -kUnit, 1.0f)};
  }

  // gain e / (1 + e)^2 with e = 2^-(c |x|), to full relative accuracy on either side.
  template <int kGain>
  static __device__ __forceinline__ float bell(float x, float c) {
    static_assert(kGain == 1 || kGain == 4, "of sigmoid and of tanh");
    constexpr float kShift = (kScaled ? 32.0f : 0.0f) + (kGain == 4 ? 2.0f : 0.0f);
    float e = exp2Approximate(fmaf(fabsf(x), -c, kShift));
    if constexpr (kScaled) e *= kUnit;
    const float r = reciprocalApproximate(fmaf(e, 1.0f / kGain, 1.0f));
    return e * r * r;
  }

  static __device__ __forceinline__ Curve sigmoid(float x) {
    return {logistic(x, -kLog2E).s, bell<1>(x, kLog2E)};
  }

  static __device__ __forceinline__ Curve tanh(float x) {
    const float derivative = bell<4>(x, 2.0f * kLog2E);
    // A relative 2^-11 is an eighth of an ulp of bf16.
    if constexpr (kScaled) return {tanhApproximate(x), derivative};
    // 1 - 2 / (1 + e^2x) is absolutely accurate, x - x^3 / 3 relatively where x is small.
    const float square = x * x;
    const float small = x * fmaf(square, -0.333333333f, 1.0f);
    const float r = reciprocalApproximate(exp2Approximate(x * (2.0f * kLog2E)) + 1.0f);
    return {square < 0x1p-8f ? small : fmaf(-2.0f, r, 1.0f), derivative};
  }

  // In the derivatives x is capped where 1 - s is nothing but its error.
  static __device__ __forceinline__ Curve silu(float x) {
    const Logistic l = logistic(x, -kLog2E);
    return {x * l.s, fmaf(fminf(x, 64.0f) * l.s, l.rest, l.s)};
  }

  static __device__ __forceinline__ Curve geluTanh(float x) {
    const float square = fminf(x * x, 256.0f);  // finite; s is 0 or 1 long before
    const float p = fmaf(square, -kLog2E * kGeluCubic, -kLog2E * kGeluLinear);
    const Logistic l = logistic(x, p);
    const float slope = fmaf(square, 3.0f * kGeluCubic, kGeluLinear);
    return {x * l.s, fmaf(fminf(x, 6.0f) * l.s, l.rest * slope, l.s)};
  }

  // The polynomial is within 2^-13.6 of k, and within 2^-13.6 |k - z / sqrt(2 pi)| where the
  // derivative crosses zero. Its coefficients carry the scale.
  static __device__ __forceinline__ Curve geluErf(float x) {
    constexpr float kBack = kScaled ? 0x1p-24f : 1.0f;
    const float r = reciprocalApproximate(fmaf(fabsf(x), 0.28f, 1.0f));
    float k = fmaf(r, 0.33615834f * kBack, -0.15781548f * kBack);
    k = fmaf(r, k, 0.23516891f * kBack);
    k = fmaf(r, k, 0.08416892f * kBack);
    k = fmaf(r, k, 0.0023102f * kBack);
    const float square = x * x;
    const float e = exp2Approximate(kScaled ? fmaf(square, -0.5f * kLog2E, 24.0f)
                                            : square * (-0.5f * kLog2E));
    const float tail = e * k;
    const float cumulative = x < 0.0f ? tail : 1.0f - tail;
    const float density = e * (kInverseRoot2Pi * kBack);
    return {x * cumulative, fmaf(fminf(x, 16.0f), density, cumulative)};
  }
};

}  // namespace lockstep
