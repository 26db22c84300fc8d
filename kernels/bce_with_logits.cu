// Binary cross-entropy of sigmoid(x) and a target y in [0, 1]: the loss and its gradient in one
// kernel.
//
//   loss  = w (|x| a + (1 - y + p y) log1p(e^-|x|))       a = 1 - y where x >= 0, else p y
//   dloss = w ((1 - y) sigmoid(x) - p y sigmoid(-x))      w weight, p posWeight, 1 when null
//   dLogits = factor * gradScale * upstream * dloss       (gradScale, upstream 1 when null)
//
// This is -w (p y ln sigmoid(x) + (1 - y) ln(1 - sigmoid(x))) without its cancellations: for y in
// [0, 1] all terms of the loss are positive, and a gradient that vanishes keeps its digits. A
// confident mistake costs |x|, never infinity; an infinite logit costs nothing where a = 0, else
// infinity, and has a finite gradient either way; NaN stays NaN. Below |x| = 87, where e^-|x| ends,
// nothing is lost; beyond, what is right costs 0.
//
// Fused: the loss costs no pass of its own, and sigmoid(x) is never stored.
//
//   losses [n] = or null   partials [ceil(n / 8192)] = or null (fp32)   dLogits [n] = or null
//   logits [n]   targets [n]   weight [n] or null   posWeight [cols] or null (fp32)
//   gradScale [1] or null (fp32)   upstream [n] or null
//
// dLogits may be logits or upstream. losses are not multiplied by factor.
//
//   bce_with_logits_reduce   loss [1] = sum of partials / divisor
//
// Fewest bytes per element: 3 * sizeof(T) with the gradient, 2 * sizeof(T) without, sizeof(T) more
// for each of losses, weight and upstream.
//
// Launch: fused 256 threads, any grid; reduce one block of 256. Any n and cols from 1 up, any
// alignment.

#include "elementwise_loss.cuh"
#include "numeric.cuh"

namespace lockstep::bce {

// ln(1 + e) for e in [0, 1], within 4 units in the last place: e times a polynomial whose relative
// error is below 2^-24 (least maximum over [0, 1]).
__device__ __forceinline__ float log1pOfFraction(float e) {
  float q = 0.0052326880395412445f;
  q = fmaf(q, e, -0.029505213722586632f);
  q = fmaf(q, e, 0.07822591066360474f);
  q = fmaf(q, e, -0.13663242757320404f);
  q = fmaf(q, e, 0.19106005132198334f);
  q = fmaf(q, e, -0.2484298199415207f);
  q = fmaf(q, e, 0.3331909775733948f);
  q = fmaf(q, e, -0.4999949336051941f);
  q = fmaf(q, e, 0.9999999403953552f);
  return q * e;
}

// What a target makes of one element: p y and 1 - y, by the sign of x.
struct Sides {
  float wrong;  // the part of the target that x speaks against
  float right;
  __device__ __forceinline__ Sides(float x, float positive, float negative) {
    wrong = x >= 0.0f ? negative : positive;
    right = x >= 0.0f ? positive : negative;
  }
};

// e = e^-|x|; total = p y + 1 - y.
__device__ __forceinline__ float lossOf(float x, float e, Sides sides, float total) {
  // An infinite x costs nothing where nothing speaks against it.
  const float linear = sides.wrong == 0.0f ? 0.0f : fabsf(x) * sides.wrong;
  return fmaf(total, log1pOfFraction(e), linear);
}

__device__ __forceinline__ float gradientOf(float x, float e, Sides sides) {
  float larger;  // sigmoid(|x|), within 2 units in the last place
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(larger) : "f"(1.0f + e));
  // wrong sigmoid(|x|) - right sigmoid(-|x|), with the sign of x.
  const float gradient = larger * fmaf(-sides.right, e, sides.wrong);
  return x >= 0.0f ? gradient : -gradient;
}

// posWeight of neighbouring elements from at on.
template <int N>
__device__ __forceinline__ Lanes<N> ofColumns(Vector<N> access, const float* posWeight, i64 at,
                                              i64 n, i64 cols, bool wholeVectors) {
  // A 64-bit division costs far more than one of 32 bits.
  i64 column = n <= 0xffffffffLL ? static_cast<u32>(at) % static_cast<u32>(cols) : at % cols;
  if (wholeVectors) return access.load(posWeight + column);
  Lanes<N> lanes;
  forEachLane(lanes, [&](int i) {
    lanes.lane[i] = posWeight[column];
    column = column + 1 == cols ? 0 : column + 1;
  });
  return lanes;
}

// kWeighted: weight or posWeight are there.
template <bool kWeighted, class T>
__device__ __forceinline__ void fused(T* losses, float* partials, T* dLogits, const T* logits,
                                      const T* targets, const T* weight, const float* posWeight,
                                      const float* gradScale, const T* upstream, i64 n, i64 cols,
                                      float factor) {
  constexpr int N = Storage<T>::kLanes;
  const bool aligned = rowsAligned(0, losses, dLogits, logits, targets, weight, upstream);
  const bool wholeVectors = cols % N == 0 && isAligned16(posWeight);
  if (gradScale) factor *= *gradScale;
  elementwise_loss::addChunks<N>(partials, n, aligned, [&](auto access, i64 at) {
    const auto x = access.load(logits + at);
    auto positive = access.load(targets + at);
    auto negative = positive;
    auto total = access.splat(1.0f);
    auto w = total;
    forEachLane(x, [&](int i) { negative.lane[i] = 1.0f - negative.lane[i]; });
    if constexpr (kWeighted) {
      if (weight) w = access.load(weight + at);
      if (posWeight) {
        positive = product(positive, ofColumns(access, posWeight, at, n, cols, wholeVectors));
      }
      total = sum(positive, negative);
    }
    auto e = x;
    forEachLane(x, [&](int i) { e.lane[i] = expOfNonPositive(-fabsf(x.lane[i])); });

    if (dLogits) {
      auto gradient = access.splat(factor);
      if (upstream) gradient = product(gradient, access.load(upstream + at));
      if constexpr (kWeighted) gradient = product(gradient, w);
      forEachLane(x, [&](int i) {
        const Sides sides(x.lane[i], positive.lane[i], negative.lane[i]);
        gradient.lane[i] *= gradientOf(x.lane[i], e.lane[i], sides);
      });
      access.store(dLogits + at, gradient);
    }
    float own = 0.0f;
    if (losses || partials) {
      auto loss = w;
      forEachLane(x, [&](int i) {
        const Sides sides(x.lane[i], positive.lane[i], negative.lane[i]);
        loss.lane[i] = lossOf(x.lane[i], e.lane[i], sides, total.lane[i]);
        if constexpr (kWeighted) loss.lane[i] *= w.lane[i];
        own += loss.lane[i];
      });
      if (losses) access.store(losses + at, loss);
    }
    return own;
  });
}

}  // namespace lockstep::bce

#define LOCKSTEP_BCE_WITH_LOGITS(suffix, T)                                                       \
  extern "C" __global__ void __launch_bounds__(256) bce_with_logits_fused_##suffix(               \
      T* losses, float* partials, T* dLogits, const T* logits, const T* targets, const T* weight, \
      const float* posWeight, const float* gradScale, const T* upstream, lockstep::i64 n,         \
      lockstep::i64 cols, float factor) {                                                         \
    if (weight || posWeight) {                                                                    \
      lockstep::bce::fused<true>(losses, partials, dLogits, logits, targets, weight, posWeight,   \
                                 gradScale, upstream, n, cols, factor);                           \
    } else {                                                                                      \
      lockstep::bce::fused<false, T>(losses, partials, dLogits, logits, targets, nullptr,         \
                                     nullptr, gradScale, upstream, n, cols, factor);              \
    }                                                                                             \
  }
LOCKSTEP_FOR_EACH_TYPE(LOCKSTEP_BCE_WITH_LOGITS)

extern "C" __global__ void bce_with_logits_reduce(float* loss, const float* partials,
                                                  lockstep::i64 chunks, lockstep::i64 divisor) {
  lockstep::elementwise_loss::addPartials(loss, partials, chunks, divisor);
}
