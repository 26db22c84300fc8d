// e^-a in fp32 to half an ulp and a bit, from which every smooth activation is made.
//
// Written out because neither way on offer fits: the hardware's ex2 is allowed 2 ulp, which is all
// that an activation within 4 ulp has to spend, and rounds its argument before that; and a result
// below 2^-126, which tails are, needs a scale that is taken off after the last product.
#pragma once

#include "numeric.cuh"

namespace lockstep {

// power (1 + rest) = 2^32 e^-a. power is a power of two, or 0 where e^-a is below 2^-158.
struct ScaledExponential {
  float power;
  float rest;
};

constexpr float kExponentialScale = 0x1p-32f;

// The largest argument expOfMinus takes: there, power is 0.
constexpr float kLargestExponent = 110.2f;

// e^-(a + low) for a in [0, kLargestExponent]; |low| is at most a rounding error of a. NaN stays.
// a = -n ln 2 + f with |f| <= ln(2) / 2, then a polynomial of degree 6, off by 2^-28.
__device__ __forceinline__ ScaledExponential expOfMinus(float a, float low) {
  // Adding 1.5 * 2^23 rounds to a whole number and leaves it in the lowest bits.
  constexpr float kRound = 12582912.0f + 159.0f;
  const float rounded = fmaf(a, -kLog2E, kRound);
  const float n = rounded - kRound;
  float f = fmaf(n, 0.693145751953125f, a);
  f = fmaf(n, 1.42860682030941723212e-6f, f) + low;
  float p = 0.00138146105f;
  p = fmaf(p, f, -0.00836871199f);
  p = fmaf(p, f, 0.04166838754f);
  p = fmaf(p, f, -0.16666520672f);
  p = fmaf(p, f, 0.49999993450f);
  p = fmaf(p, f, -1.0f);
  return {__uint_as_float(__float_as_uint(rounded) << 23), p * f};
}

// y * 2^32 e^-a, rounded once where y times a power of two is exact.
__device__ __forceinline__ float times(float y, const ScaledExponential& e) {
  const float product = y * e.power;
  return fmaf(product, e.rest, product);
}

// 1 / (1 - m) for m in [-1, 0]. What the approximate reciprocal is off by is found exactly, since
// 1 - r is exact for r in [1/2, 1], and taken off.
__device__ __forceinline__ float reciprocalOfOneMinus(float m) {
  const float r = reciprocalApproximate(1.0f - m);
  return fmaf(r, fmaf(m, r, 1.0f - r), r);
}

// With e = e^-a: larger = 1 / (1 + e), smaller = 2^32 e / (1 + e), and e itself, negated.
struct ScaledLogistic {
  float larger;
  float smaller;
  float minusExponential;
};

__device__ __forceinline__ ScaledLogistic logisticOfMinus(float a, float low) {
  const ScaledExponential e = expOfMinus(a, low);
  const float minus = times(-kExponentialScale, e);
  const float larger = reciprocalOfOneMinus(minus);
  return {larger, times(larger, e), minus};
}

}  // namespace lockstep
