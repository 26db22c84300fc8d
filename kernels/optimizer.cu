// Optimisers on fp32 master weights, all parameters of a model in one launch: AdamW, Adam with L2
// regularisation, SGD with momentum.
//
//   prepare, once per step:
//     skip set: skipped += 1; else step += 1, biasCorrection_i = 1 - beta_i^step
//
//   each element, with g = gradient * gradFactor, lr the learning rate, wd the tensor's decay:
//     adamw, adam    adam first takes g = g + wd p; adamw first takes p = p (1 - lr wd)
//       m = beta1 m + (1 - beta1) g
//       v = beta2 v + (1 - beta2) g^2
//       p = p - lr (m / biasCorrection1) / (sqrt(v / biasCorrection2) + eps)
//     sgd            g = g + wd p;  p = p - lr g
//     sgd_momentum   g = g + wd p
//       m = momentum m + (1 - dampening) g, in the first step m = g
//       p = p - lr m, with nesterov p = p - lr (g + momentum m)
//     copy = round_T(p)
//
//   loss_scale: skip set: lossScale = max(minimum, lossScale * backoff), goodSteps = 0;
//     else after interval good steps lossScale = min(maximum, lossScale * growth), goodSteps = 0
//
// Fused: unscaling and clipping of the gradient (gradFactor, from global_norm_finish) and the
// conversion of the new weights to the type the matmuls read. Gradients and copies may have any
// type, each tensor its own; a copy may be left out. Learning rate, step and factor come from
// device memory, so a captured graph serves every step. With skip set nothing changes.
//
// 1 - beta^step is -expm1(step * log(beta)): the plain form has lost half its digits after the
// first step with beta = 0.999. Root and reciprocal of adam are approximate instructions: together
// within 3 * 2^-23 of an update, which is to a weight what its learning rate is.
//
//   master, m, v [n] (fp32) =   copy [n] (any type) =   gradient [n] (any type)   state
//
// Fewest bytes per element beside gradient and copy: adam 24, sgd 8, sgd_momentum 16.
//
// Launch: prepare and loss_scale one thread; others 256 threads, any grid, one block per chunk
// being the natural one. Any sizes, any alignment, any number of tensors.

#include "parameters.cuh"
#include "step_state.cuh"

namespace lockstep::optimizer {

__device__ __forceinline__ float approximateRoot(float x) {
  float y;
  asm("sqrt.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

__device__ __forceinline__ float approximateReciprocal(float x) {
  float y;
  asm("rcp.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// What is the same for all elements of a step.
template <bool kDecoupled>
struct Adam {
  static constexpr int kMoments = 2;
  float beta1;
  float beta2;
  float eps;
  float gradFactor;
  float firstGain;
  float secondGain;
  float stepSize;
  float rootCorrection;
  float learningRate;

  __device__ __forceinline__ Adam(float beta1, float beta2, float eps, const StepState& state)
      : beta1(beta1),
        beta2(beta2),
        eps(eps),
        gradFactor(state.gradFactor),
        firstGain(state.firstGain),
        secondGain(state.secondGain),
        stepSize(state.stepSize),
        rootCorrection(state.rootCorrection),
        learningRate(state.learningRate) {
    if (kDecoupled) {
      firstGain *= gradFactor;
      secondGain *= gradFactor;
    }
  }

  // What a weight is multiplied by, or how much of it is added to its gradient.
  __device__ __forceinline__ float decay(float weightDecay) const {
    return kDecoupled ? 1.0f - learningRate * weightDecay : weightDecay;
  }

  __device__ __forceinline__ void update(Weights<2>& w, float gradient, float decay) const {
    float& m = w.moment[0];
    float& v = w.moment[1];
    const float g = kDecoupled ? gradient : fmaf(decay, w.p, gradient * gradFactor);
    const float root = secondGain * g;
    m = fmaf(beta1, m, firstGain * g);
    v = fmaf(root, root, beta2 * v);
    const float denominator = fmaf(approximateRoot(v), rootCorrection, eps);
    const float direction = m * approximateReciprocal(denominator);
    w.p = fmaf(-stepSize, direction, kDecoupled ? w.p * decay : w.p);
  }
};

struct Sgd {
  static constexpr int kMoments = 0;
  float gradFactor;
  float learningRate;

  __device__ __forceinline__ float decay(float weightDecay) const { return weightDecay; }

  __device__ __forceinline__ void update(Weights<0>& w, float gradient, float decay) const {
    w.p = fmaf(-learningRate, fmaf(decay, w.p, gradient * gradFactor), w.p);
  }
};

struct SgdMomentum {
  static constexpr int kMoments = 1;
  float gradFactor;
  float momentum;
  float gain;           // of the gradient in the momentum
  float gradientRate;   // learning rate of the gradient, with nesterov
  float momentumRate;   // learning rate of the momentum

  __device__ __forceinline__ SgdMomentum(float momentum, float dampening, int nesterov,
                                         const StepState& state)
      : gradFactor(state.gradFactor),
        momentum(momentum),
        gain(state.step == 1 ? 1.0f : 1.0f - dampening),
        gradientRate(nesterov ? state.learningRate : 0.0f),
        momentumRate(nesterov ? state.learningRate * momentum : state.learningRate) {}

  __device__ __forceinline__ float decay(float weightDecay) const { return weightDecay; }

  __device__ __forceinline__ void update(Weights<1>& w, float gradient, float decay) const {
    const float g = fmaf(decay, w.p, gradient * gradFactor);
    float& m = w.moment[0];
    m = fmaf(momentum, m, gain * g);
    w.p = fmaf(-momentumRate, m, fmaf(-gradientRate, g, w.p));
  }
};

}  // namespace lockstep::optimizer

#define LOCKSTEP_OPTIMIZER(name)                                                        \
  extern "C" __global__ void __launch_bounds__(lockstep::optimizer::kThreads, 4) name(     \
      const lockstep::optimizer::ParameterSlice* parameters,                            \
      const lockstep::optimizer::ParameterChunk* list, lockstep::i64 chunks

LOCKSTEP_OPTIMIZER(adamw_step), float beta1, float beta2, float eps,
    const lockstep::StepState* state) {
  const lockstep::StepState now = *state;
  if (now.skip) return;
  const lockstep::optimizer::Adam<true> update(beta1, beta2, eps, now);
  lockstep::optimizer::updateAll(parameters, list, chunks, update);
}

LOCKSTEP_OPTIMIZER(adam_step), float beta1, float beta2, float eps,
    const lockstep::StepState* state) {
  const lockstep::StepState now = *state;
  if (now.skip) return;
  const lockstep::optimizer::Adam<false> update(beta1, beta2, eps, now);
  lockstep::optimizer::updateAll(parameters, list, chunks, update);
}

LOCKSTEP_OPTIMIZER(sgd_step), const lockstep::StepState* state) {
  const lockstep::StepState now = *state;
  if (now.skip) return;
  const lockstep::optimizer::Sgd update{now.gradFactor, now.learningRate};
  lockstep::optimizer::updateAll(parameters, list, chunks, update);
}

LOCKSTEP_OPTIMIZER(sgd_momentum_step), float momentum, float dampening, int nesterov,
    const lockstep::StepState* state) {
  const lockstep::StepState now = *state;
  if (now.skip) return;
  const lockstep::optimizer::SgdMomentum update(momentum, dampening, nesterov, now);
  lockstep::optimizer::updateAll(parameters, list, chunks, update);
}

extern "C" __global__ void optimizer_prepare(lockstep::StepState* state, float logBeta1,
                                             float logBeta2) {
  if (blockIdx.x != 0 || threadIdx.x != 0) return;
  if (state->skip) {
    state->skipped += 1;
    return;
  }
  const int step = state->step + 1;
  const float biasCorrection1 = -expm1f(static_cast<float>(step) * logBeta1);
  const float biasCorrection2 = -expm1f(static_cast<float>(step) * logBeta2);
  state->step = step;
  state->biasCorrection1 = biasCorrection1;
  state->biasCorrection2 = biasCorrection2;
  state->firstGain = -expm1f(logBeta1);
  state->secondGain = __fsqrt_rn(-expm1f(logBeta2));
  state->stepSize = state->learningRate / biasCorrection1;
  state->rootCorrection = __fsqrt_rn(1.0f / biasCorrection2);
}

extern "C" __global__ void loss_scale_update(lockstep::StepState* state, float growth,
                                             float backoff, int interval, float minimum,
                                             float maximum) {
  if (blockIdx.x != 0 || threadIdx.x != 0) return;
  const float scale = state->lossScale;
  int goodSteps = 0;
  if (state->skip) {
    state->lossScale = fmaxf(minimum, scale * backoff);
  } else {
    goodSteps = state->goodSteps + 1;
    if (goodSteps >= interval) {
      state->lossScale = fminf(maximum, scale * growth);
      goodSteps = 0;
    }
  }
  state->goodSteps = goodSteps;
}
