// Activations whose result is stored as fp32, with e^-|v| from exponential.cuh.
//
// sigmoid, silu and gelu_tanh are s(v) or x s(v) with s the logistic function. gelu_tanh needs v to
// an absolute 2^-26 where v is 100, so v comes in two parts; gelu_erf likewise needs the square
// whole, the last bits of which decide over hundreds of ulp in its tail.
#pragma once

#include "curve.cuh"
#include "exponential.cuh"

namespace lockstep {

struct WideCurves {
  static __device__ __forceinline__ Curve sigmoid(float x) {
    const ScaledLogistic l = logisticOfMinus(minKeepingNan(fabsf(x), kLargestExponent), 0.0f);
    return {x < 0.0f ? l.smaller * kExponentialScale : l.larger,
            (l.smaller * l.larger) * kExponentialScale};
  }

  static __device__ __forceinline__ Curve tanh(float x) {
    const float twice = fabsf(x) + fabsf(x);
    const ScaledLogistic l = logisticOfMinus(minKeepingNan(twice, kLargestExponent), 0.0f);
    // 1 - 2 e / (1 + e), and the odd polynomial where that cancels.
    const float large = copysignf(
        fmaf(l.minusExponential + l.minusExponential, l.larger, 1.0f), x);
    const float square = x * x;
    float p = fmaf(square, 0.0164587195f, -0.0526841236f);
    p = fmaf(p, square, 0.1332094159f);
    p = fmaf(p, square, -0.3333295748f);
    p = fmaf(p, square, 1.0f);
    return {square < 0.3025f ? x * p : large,
            (l.smaller * l.larger) * (4.0f * kExponentialScale)};
  }

  static __device__ __forceinline__ Curve silu(float x) {
    const ScaledLogistic l = logisticOfMinus(minKeepingNan(fabsf(x), kLargestExponent), 0.0f);
    const bool negative = __float_as_int(x) < 0;
    const float rest = negative ? l.larger : -l.minusExponential * l.larger;
    return {timesLogistic(x, l),
            ((negative ? l.smaller : l.larger) * fmaf(fminf(x, kLargestExponent), rest, 1.0f)) *
                (negative ? kExponentialScale : 1.0f)};
  }

  static __device__ __forceinline__ Curve geluTanh(float x) {
    // Linear and cubic factors as sums; the first has bits to spare, so that high - p is exact.
    constexpr double kLinear = 1.5957691216057308;
    constexpr double kCubic = 0.044715 * kLinear;
    constexpr float kLinearHigh = 1.595764160156250f;
    constexpr float kLinearLow = static_cast<float>(kLinear - kLinearHigh);
    constexpr float kCubicHigh = static_cast<float>(kCubic);
    constexpr float kCubicLow = static_cast<float>(kCubic - kCubicHigh);
    constexpr float kCap = 10.91f;  // here v is just below kLargestExponent
    const float z = minKeepingNan(fabsf(x), kCap);
    const float square = z * z;
    const float squareLow = fmaf(z, z, -square);
    const float p = fmaf(kCubicHigh, square, kLinearHigh);
    const float pLow = fmaf(kCubicHigh, square, kLinearHigh - p) +
                       fmaf(kCubicHigh, squareLow, fmaf(kCubicLow, square, kLinearLow));
    const float v = z * p;
    const float low = fmaf(z, pLow, fmaf(z, p, -v));
    const ScaledLogistic l = logisticOfMinus(v, low);
    const bool negative = __float_as_int(x) < 0;
    // s + x v' s (1 - s) for x > 0 and s - |x| v' s + |x| v' s^2 for x < 0, where v' is around 5 and
    // the middle term counts most: v' in two parts, too, and the middle term added last. Scaled,
    // because x times it must not overflow.
    constexpr float kScale = 0x1p-8f;
    constexpr float kSlopeConstant = kGeluLinear * kScale;
    constexpr float kSlopeSquare = static_cast<float>(3.0 * kCubic * kScale);
    const float slope = fmaf(kSlopeSquare, square, kSlopeConstant);
    const float slopeLow =
        fmaf(kSlopeSquare, squareLow, fmaf(kSlopeSquare, square, kSlopeConstant - slope));
    const float below = fminf(x, 0.0f);
    const float rest = fmaf(below, slope, fmaf(z * slope, -l.minusExponential * l.larger,
                                               fmaf(below, slopeLow, kScale)));
    return {timesLogistic(x, l),
            ((negative ? l.smaller : l.larger) * rest) *
                ((negative ? kExponentialScale : 1.0f) / kScale)};
  }

  // x Phi(x), Phi(-z) = exp(-z^2 / 2) k(z). k(z) (4 + 1.5 z) is a polynomial of degree 9 in
  // (1.5 z - 4) / (1.5 z + 4), within 2^-25.7 of its values.
  static __device__ __forceinline__ Curve geluErf(float x) {
    constexpr float kCap = 14.84f;  // here z^2 / 2 is just below kLargestExponent
    const float z = minKeepingNan(fabsf(x), kCap);
    const float square = z * z;
    const float squareLow = fmaf(z, z, -square);
    const ScaledExponential e = expOfMinus(0.5f * square, 0.5f * squareLow);

    const float divisor = fmaf(z, 1.5f, 4.0f);
    const float divisorLow = fmaf(z, 1.5f, 4.0f - divisor);
    float r = reciprocalApproximate(divisor);
    r = fmaf(r, fmaf(-divisorLow, r, fmaf(-divisor, r, 1.0f)), r);
    const float t = fmaf(z, 1.5f, -4.0f) * r;
    float k = fmaf(-1.6423525e-4f, t, -6.2821945e-4f);
    k = fmaf(k, t, 9.5377472e-5f);
    k = fmaf(k, t, 4.0275771e-3f);
    k = fmaf(k, t, 2.4391781e-3f);
    k = fmaf(k, t, -2.5650315e-2f);
    k = fmaf(k, t, -1.0968486e-2f);
    k = fmaf(k, t, 2.4870737e-1f);
    k = fmaf(k, t, -6.9221628e-1f);
    k = fmaf(k, t, 1.0727291f);

    // Phi is tail below zero and 1 - tail above, where x - x tail and 1 - (tail - x phi) are
    // rounded once. The sign decides rather than x < 0, so that -0 gives -0.
    const bool negative = __float_as_int(x) < 0;
    const float tail = times(k * r, e);
    const float signedTail = negative ? tail : -tail;
    const float capped = fminf(x, kCap);
    const float slope = fmaf(capped, times(kInverseRoot2Pi, e), signedTail);
    return {fmaf(capped * signedTail, kExponentialScale, negative ? -0.0f : x),
            fmaf(slope, kExponentialScale, negative ? 0.0f : 1.0f)};
  }

 private:
  // x s(v) for the logistic of |v|; x has the sign of v.
  static __device__ __forceinline__ float timesLogistic(float x, const ScaledLogistic& l) {
    const bool negative = __float_as_int(x) < 0;
    return (x * (negative ? l.smaller : l.larger)) * (negative ? kExponentialScale : 1.0f);
  }
};

}  // namespace lockstep
