// Squared error: the loss and the gradients of both sides in one kernel.
//
//   loss = (x - t)^2
//   dInput = factor * gradScale * upstream * 2 (x - t), dTarget = -dInput
//                                            (gradScale, upstream 1 when null)
//
// Fused: the loss costs no pass of its own.
//
//   losses [n] = or null   partials [ceil(n / 8192)] = or null (fp32)
//   dInput [n] = or null   dTarget [n] = or null   input [n]   target [n]
//   gradScale [1] or null (fp32)   upstream [n] or null
//
// dInput and dTarget may each be input, target or upstream. losses are not multiplied by factor;
// what T cannot hold becomes infinity.
//
//   squared_error_reduce   loss [1] = sum of partials / divisor
//
// Fewest bytes per element: 3 * sizeof(T) with one gradient, 2 * sizeof(T) without, sizeof(T) more
// for each of losses, upstream and the other gradient.
//
// Launch: fused 256 threads, any grid; reduce one block of 256. Any n from 1 up, any alignment.

#include "elementwise_loss.cuh"

namespace lockstep::squared_error {

template <class T>
__device__ __forceinline__ void fused(T* losses, float* partials, T* dInput, T* dTarget,
                                      const T* input, const T* target, const float* gradScale,
                                      const T* upstream, i64 n, float factor) {
  constexpr int N = Storage<T>::kLanes;
  const bool aligned = rowsAligned(0, losses, dInput, dTarget, input, target, upstream);
  const float twice = 2.0f * (gradScale ? factor * *gradScale : factor);
  elementwise_loss::addChunks<N>(partials, n, aligned, [&](auto access, i64 at) {
    auto difference = access.load(input + at);
    const auto other = access.load(target + at);
    forEachLane(other, [&](int i) { difference.lane[i] -= other.lane[i]; });
    if (losses) access.store(losses + at, product(difference, difference));
    if (dInput || dTarget) {
      auto gradient = access.splat(twice);
      if (upstream) gradient = product(gradient, access.load(upstream + at));
      gradient = product(gradient, difference);
      if (dInput) access.store(dInput + at, gradient);
      forEachLane(gradient, [&](int i) { gradient.lane[i] = -gradient.lane[i]; });
      if (dTarget) access.store(dTarget + at, gradient);
    }
    float sum = 0.0f;
    if (partials) {
      forEachLane(difference, [&](int i) {
        sum = fmaf(difference.lane[i], difference.lane[i], sum);
      });
    }
    return sum;
  });
}

}  // namespace lockstep::squared_error

#define LOCKSTEP_SQUARED_ERROR(suffix, T)                                                        \
  extern "C" __global__ void __launch_bounds__(256) squared_error_fused_##suffix(                \
      T* losses, float* partials, T* dInput, T* dTarget, const T* input, const T* target,        \
      const float* gradScale, const T* upstream, lockstep::i64 n, float factor) {                \
    lockstep::squared_error::fused(losses, partials, dInput, dTarget, input, target, gradScale,  \
                                   upstream, n, factor);                                         \
  }
LOCKSTEP_FOR_EACH_TYPE(LOCKSTEP_SQUARED_ERROR)

extern "C" __global__ void squared_error_reduce(float* loss, const float* partials,
                                                lockstep::i64 chunks, lockstep::i64 divisor) {
  lockstep::elementwise_loss::addPartials(loss, partials, chunks, divisor);
}
