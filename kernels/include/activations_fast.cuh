// Activations by tanh.approx, which is off by a relative 2^-11: one special function instead of
// two, no tails. Errors are absolute, in proportion to |x|.
#pragma once

#include "curve.cuh"

namespace lockstep {

struct FastCurves {
  static __device__ __forceinline__ Curve sigmoid(float x) {
    const float t = tanhApproximate(0.5f * x);
    return {fmaf(0.5f, t, 0.5f), fmaf(-0.25f * t, t, 0.25f)};
  }

  static __device__ __forceinline__ Curve tanh(float x) {
    const float t = tanhApproximate(x);
    return {t, fmaf(-t, t, 1.0f)};
  }

  // Beyond the caps the second term of a derivative is nothing but its error.
  static __device__ __forceinline__ Curve silu(float x) {
    const float half = 0.5f * x;
    const float t = tanhApproximate(half);
    return {fmaf(half, t, half), derivative(capped(half, 8.0f), 0.5f, t)};
  }

  static __device__ __forceinline__ Curve geluTanh(float x) {
    const float c = capped(x, 4.0f);
    const float square = c * c;
    const float t = tanhApproximate(c * fmaf(square, 0.5f * kGeluCubic, 0.5f * kGeluLinear));
    const float half = 0.5f * x;
    return {fmaf(half, t, half),
            derivative(0.5f * c, fmaf(square, 1.5f * kGeluCubic, 0.5f * kGeluLinear), t)};
  }

  // tanh of a polynomial of degree 5 comes within 2^-15 of gelu_erf.
  static __device__ __forceinline__ Curve geluErf(float x) {
    const float c = capped(x, 4.0f);
    const float square = c * c;
    const float p = fmaf(square, fmaf(square, -3.5275866e-4f, 3.7013328e-2f), 7.9749938e-1f);
    const float slope =
        fmaf(square, fmaf(square, -5 * 3.5275866e-4f, 3 * 3.7013328e-2f), 7.9749938e-1f);
    const float t = tanhApproximate(c * p);
    const float half = 0.5f * x;
    return {fmaf(half, t, half), derivative(0.5f * c, slope, t)};
  }

 private:
  static __device__ __forceinline__ float capped(float x, float limit) {
    return maxKeepingNan(minKeepingNan(x, limit), -limit);
  }

  // (1 + t) / 2 + half u' (1 - t^2), with half = x / 2 and t = tanh u.
  static __device__ __forceinline__ float derivative(float half, float slope, float t) {
    return fmaf(half * slope, fmaf(-t, t, 1.0f), fmaf(0.5f, t, 0.5f));
  }
};

}  // namespace lockstep
