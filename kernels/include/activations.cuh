// The activations every fused kernel offers, chosen by a code that is uniform over the grid, and
// their derivatives.
//
// All forms keep their relative accuracy in the tails: nothing is computed as 1 + tanh or 1 - s.
// A pre-activation of -inf gives NaN where the formula is a product (silu, gelu), as the formula
// says, so that an overflow is never hidden.
#pragma once

#include "storage.cuh"

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
};

// The logistic function s(t) and s(-t) = 1 - s(t), both to full relative accuracy.
struct Logistic {
  float rising;
  float falling;
};

__device__ __forceinline__ Logistic logistic(float t) {
  float e = expf(-fabsf(t));  // in [0, 1]: cannot overflow
  float large = 1.0f / (1.0f + e);
  float small = e * large;
  return t < 0.0f ? Logistic{small, large} : Logistic{large, small};
}

// One activation, its constants worked out once per thread.
//
// sigmoid, silu and gelu_tanh are one family, s(t) or x s(t) with t = x (linear + cubic x^2):
//   gelu_tanh(x) = x (1 + tanh u) / 2 = x s(2u),  u = sqrt(2/pi) (x + 0.044715 x^3).
// none, relu and leaky_relu are another: x, or x times a slope when negative.
class Activation {
 public:
  __device__ __forceinline__ Activation(int code, float slope)
      : code_(code),
        slope_(code == kNone ? 1.0f : code == kRelu ? 0.0f : slope),
        linear_(code == kGeluTanh ? 1.5957691216f : code == kTanh ? 2.0f : 1.0f),
        cubic_(code == kGeluTanh ? 0.0713548163f : 0.0f) {}

  __device__ __forceinline__ float value(float x) const { return at(x).value; }

  // d value / dx; at 0 relu and leaky_relu take the negative side.
  __device__ __forceinline__ float derivative(float x) const { return at(x).derivative; }

  struct Curve {
    float value;
    float derivative;
  };

  // Both; what a caller does not use costs nothing.
  __device__ __forceinline__ Curve at(float x) const {
    if (code_ <= kLeakyRelu) {
      // Not max(x, 0), which would lose NaN; not 0 * x, which would make relu(-inf) NaN.
      float negative = code_ == kRelu ? 0.0f : slope_ * x;
      return {x < 0.0f ? negative : x, x <= 0.0f ? slope_ : 1.0f};
    }
    if (code_ == kGeluErf) {
      // x Phi(x) = 0.5 x erfc(-x / sqrt 2), and Phi + x phi.
      float cumulative = normcdff(x);
      return {x * cumulative, cumulative + x * (0.3989422804f * expf(-0.5f * x * x))};
    }
    Logistic s = logistic(inner(x));
    float product = s.rising * s.falling;
    if (code_ == kSigmoid) return {s.rising, product};
    if (code_ == kTanh) return {tanhf(x), 4.0f * product};  // 1 - tanh^2 would cancel
    return {x * s.rising, s.rising + x * product * innerDerivative(x)};
  }

 private:
  // The square is kept finite for the sake of infinite x: 0 * inf would spoil what has no cubic.
  __device__ __forceinline__ float inner(float x) const {
    return x * (linear_ + cubic_ * fminf(x * x, 3.402823466e38f));
  }

  // Beyond |x| = 16 the product it multiplies is zero; capped, x * x cannot overflow to 0 * inf.
  __device__ __forceinline__ float innerDerivative(float x) const {
    float capped = fminf(fabsf(x), 16.0f);
    return linear_ + 3.0f * cubic_ * capped * capped;
  }

  int code_;
  float slope_;
  float linear_;
  float cubic_;
};

}  // namespace lockstep
