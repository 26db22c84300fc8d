// AdamW: Adam with decoupled weight decay, on fp32 master weights.
//
//   prepare, once per step:
//     a non-finite gradient: skipped += 1; else step += 1, biasCorrection_i = 1 - beta_i^step
//   step, for each element, with g = grad * gradFactor:
//     m = beta1 m + (1 - beta1) g
//     v = beta2 v + (1 - beta2) g^2
//     p = p (1 - learningRate * weightDecay)
//         - learningRate (m / biasCorrection1) / (sqrt(v / biasCorrection2) + eps)
//     copy = round_T(p)
//
// Fused: unscaling and clipping of the gradient (gradFactor, from global_norm_finish) and the
// conversion of the new weights to the type the matmuls read. Learning rate, step and factor come
// from device memory, so a captured graph serves every step. With nonFinite set nothing changes.
//
// 1 - beta^step is -expm1(step * log(beta)): the plain form has lost half its digits after the
// first step with beta = 0.999.
//
//   master [n] =   m [n] =   v [n] =   copy [n] = or null (T)   grad [n] (fp32)   state
//
// Fewest bytes per element: master, m, v, grad read, master, m, v written: 28; copy: sizeof(T).
//
// Launch: prepare one block, any size; step 256 threads, any grid. Any n, any alignment.

#include "lanes.cuh"
#include "step_state.cuh"

namespace lockstep::adamw {

constexpr int kGroup = 4;

// What is the same for all elements of a step.
struct Coefficients {
  float beta1;
  float oneMinusBeta1;
  float beta2;
  float oneMinusBeta2;
  float eps;
  float gradFactor;
  float decay;           // 1 - learningRate * weightDecay
  float stepSize;        // learningRate / biasCorrection1
  float rootCorrection;  // sqrt(1 / biasCorrection2)
};

__device__ __forceinline__ void update(float& p, float& m, float& v, float grad,
                                       const Coefficients& c) {
  const float g = grad * c.gradFactor;
  m = fmaf(c.beta1, m, c.oneMinusBeta1 * g);
  v = fmaf(c.beta2, v, c.oneMinusBeta2 * g * g);
  const float denominator = fmaf(__fsqrt_rn(v), c.rootCorrection, c.eps);
  p = fmaf(-c.stepSize, m / denominator, p * c.decay);
}

template <class T>
__device__ __forceinline__ void step(float* master, float* m, float* v, const float* grad, T* copy,
                                     i64 n, float beta1, float beta2, float eps, float weightDecay,
                                     const StepState* state) {
  if (state->nonFinite != 0) return;
  const Coefficients c{
      beta1,
      state->oneMinusBeta1,
      beta2,
      state->oneMinusBeta2,
      eps,
      state->gradFactor,
      1.0f - state->learningRate * weightDecay,
      state->learningRate / state->biasCorrection1,
      __fsqrt_rn(1.0f / state->biasCorrection2),
  };
  const i64 head = headLength(master, n);
  const u64 copyStart = copy ? reinterpret_cast<u64>(copy + head) : 0;
  const bool aligned = rowsAligned(0, master + head, m + head, v + head, grad + head) &&
                       copyStart % (kGroup * sizeof(T)) == 0;
  forEachElement<kGroup>(n, head, aligned, [&](auto access, i64 at) {
    auto p = access.load(master + at);
    auto first = access.load(m + at);
    auto second = access.load(v + at);
    const auto g = access.load(grad + at);
    forEachLane(p, [&](int i) { update(p.lane[i], first.lane[i], second.lane[i], g.lane[i], c); });
    access.store(master + at, p);
    access.store(m + at, first);
    access.store(v + at, second);
    if (copy) access.store(copy + at, p);
  });
}

}  // namespace lockstep::adamw

extern "C" __global__ void adamw_prepare(lockstep::StepState* state, float logBeta1,
                                         float logBeta2) {
  if (blockIdx.x != 0 || threadIdx.x != 0) return;
  if (state->nonFinite != 0) {
    state->skipped += 1;
    return;
  }
  const int step = state->step + 1;
  state->step = step;
  state->biasCorrection1 = -expm1f(static_cast<float>(step) * logBeta1);
  state->biasCorrection2 = -expm1f(static_cast<float>(step) * logBeta2);
  state->oneMinusBeta1 = -expm1f(logBeta1);
  state->oneMinusBeta2 = -expm1f(logBeta2);
}

#define LOCKSTEP_ADAMW(suffix, T)                                                                \
  extern "C" __global__ void adamw_step_##suffix(                                                \
      float* master, float* m, float* v, const float* grad, T* copy, lockstep::i64 n,            \
      float beta1, float beta2, float eps, float weightDecay, const lockstep::StepState* state) { \
    lockstep::adamw::step(master, m, v, grad, copy, n, beta1, beta2, eps, weightDecay, state);   \
  }
LOCKSTEP_FOR_EACH_TYPE(LOCKSTEP_ADAMW)
