// What a kernel needs to know of the columns of a row to take its softmax.
#pragma once

#include "numeric.cuh"

namespace lockstep {

// x - origin(m) is never infinity minus infinity where m is the maximum of no finite value.
__device__ __forceinline__ float origin(float maximum) {
  return maximum == -INFINITY ? 0.0f : maximum;
}

// e^(x - m) for x <= m by one fma and one ex2, but for a factor that is the same for all x:
// 2^(x L - fl(m L)) = e^(x - m) 2^r, with L = log2 e and r what rounding m L lost.
//
// From 2^29 on r would be too large. Two floats of that size that differ do so by at least 32, so
// that only x = m counts, and then any L will do; with L = 1 nothing is rounded.
class ShiftedExp {
 public:
  __device__ __forceinline__ explicit ShiftedExp(float maximum) {
    float from = origin(maximum);
    // What is taken again of a row held in registers is meant to be computed again: the compiler
    // would keep all exponentials, and spill them.
    asm volatile("" : "+f"(from));
    scale_ = fabsf(from) < 536870912.0f ? kLog2E : 1.0f;
    shift_ = from * scale_;
    lost_ = fmaf(from, scale_, -shift_);
  }

  // e^(x - m) / correction()
  __device__ __forceinline__ float operator()(float x) const {
    return exp2Approximate(fmaf(x, scale_, -shift_));
  }

  __device__ __forceinline__ float correction() const { return exp2Approximate(-lost_); }

 private:
  float scale_;
  float shift_;
  float lost_;
};

// c tanh(x / c), which keeps logits between -c and c; of -infinity, which stands for a column that
// is not there, -infinity.
class SoftCap {
 public:
  struct Curve {
    float value;
    float slope;
  };

  // Infinity for no cap.
  __device__ __forceinline__ explicit SoftCap(float cap) : cap_(cap), inverse_(1.0f / cap) {}

  __device__ __forceinline__ bool caps() const { return cap_ != INFINITY; }

  __device__ __forceinline__ float valueAt(float x) const { return caps() ? at(x).value : x; }

  // The value, and 1 - tanh^2 = 4 t / (1 + t)^2 with t = e^(-2|u|), which does not cancel. Neither
  // does the value: near 0 tanh is a polynomial.
  __device__ __forceinline__ Curve at(float x) const {
    const float u = x * inverse_;
    const float t = exp2Approximate(fabsf(u) * (-2.0f * kLog2E));
    const float reciprocal = __fdividef(1.0f, 1.0f + t);
    const float square = u * u;
    float series = fmaf(square, 2.1869488536e-2f, -5.3968253968e-2f);
    series = fmaf(series, square, 1.3333333333e-1f);
    series = fmaf(series, square, -3.3333333333e-1f);
    const float small = fmaf(series * square, u, u);
    const float large = copysignf((1.0f - t) * reciprocal, u);
    const float value = cap_ * (fabsf(u) < 0.25f ? small : large);
    return {x == -INFINITY ? x : value, 4.0f * t * reciprocal * reciprocal};
  }

 private:
  float cap_;
  float inverse_;
};

// What a thread, then the block, knows of some columns of a row.
struct SoftmaxSums {
  float maximum = -INFINITY;
  float exponentials = 0.0f;  // sum of e^(x - maximum)
  float energy = 0.0f;        // sum of (x - maximum) e^(x - maximum), where the entropy is wanted

  // The same columns, for a maximum that is not smaller.
  __device__ __forceinline__ void moveTo(float larger) {
    const float distance = maximum - origin(larger);
    const float factor = expOfNonPositive(distance);
    if (exponentials > 0.0f) energy = factor * fmaf(exponentials, distance, energy);
    exponentials *= factor;
    maximum = larger;
  }
};

}  // namespace lockstep
