// What the sets of activations have in common.
#pragma once

#include <type_traits>

#include "numeric.cuh"

namespace lockstep {

// A function's value and its derivative at one point. Everything is inlined, so that what a caller
// does not use costs nothing.
struct Curve {
  float value;
  float derivative;
};

// gelu_tanh(x) = x s(v), v = x (linear + cubic x^2): twice sqrt(2 / pi) (x + 0.044715 x^3).
constexpr float kGeluLinear = 1.5957691216f;
constexpr float kGeluCubic = 0.0713548163f;
constexpr float kInverseRoot2Pi = 0.3989422804f;

}  // namespace lockstep
