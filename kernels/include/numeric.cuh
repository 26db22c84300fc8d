// Elementary functions where the choice of formula matters.
#pragma once

#include "storage.cuh"

namespace lockstep {

constexpr float kLog2E = 1.44269504088896340736f;

// 2^x within 2^-22, relatively; below -126 the result is 0.
__device__ __forceinline__ float exp2Approximate(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// 1 / x, within 1 ulp; numbers below 2^-126, as operand or result, become 0.
__device__ __forceinline__ float reciprocalApproximate(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// tanh x, within a relative 2^-11.
__device__ __forceinline__ float tanhApproximate(float x) {
  float y;
  asm("tanh.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// min and max that keep NaN; fminf and fmaxf drop it.
__device__ __forceinline__ float minKeepingNan(float a, float b) {
  float y;
  asm("min.NaN.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b));
  return y;
}

__device__ __forceinline__ float maxKeepingNan(float a, float b) {
  float y;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b));
  return y;
}

// e^x for x <= 0, -infinity included, in two instructions: the relative error stays below
// 2^-21 + |x| * 2^-23, so the absolute error below 2^-21. Below about -87 the result is 0.
__device__ __forceinline__ float expOfNonPositive(float x) { return exp2Approximate(x * kLog2E); }

// 1 / sqrt(x), within 1 ulp: the approximate instruction would be off by 2, and in a row kernel
// this happens once per row.
__device__ __forceinline__ float reciprocalSqrt(float x) { return __frcp_rn(__fsqrt_rn(x)); }

}  // namespace lockstep
