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

#include "chunks.cuh"
#include "step_state.cuh"

namespace lockstep::optimizer {

constexpr int kThreads = 256;
constexpr int kGroup = 4;

// A parameter with its state: distances in bytes from the table, 0 for what an optimiser has not
// got.
struct alignas(16) ParameterSlice {
  i64 master;
  i64 first;
  i64 second;
  i64 gradient;
  i64 copy;
  i64 count;
  float weightDecay;
  u32 types;  // ElementType of the gradient + 4 * that of the copy
  u64 unused;

  __device__ __forceinline__ u32 gradientType() const { return types % 4; }
  __device__ __forceinline__ u32 copyType() const { return types / 4; }

  // Whether from this element on all tensors take vectors of kGroup elements. Sizes are powers of
  // two, so what matters of an address are its lowest bits.
  __device__ __forceinline__ bool takesGroups(const void* table, i64 element) const {
    const u32 base = static_cast<u32>(reinterpret_cast<u64>(table));
    const u32 at = static_cast<u32>(element);
    const auto bits = [&](i64 distance, u32 bytes) {
      return (base + static_cast<u32>(distance) + at * bytes) * (sizeof(float) / bytes);
    };
    const auto bytes = [](u32 type) { return type == kFloat ? 4u : 2u; };
    u32 all = bits(master, 4) | bits(gradient, bytes(gradientType()));
    if (first) all |= bits(first, 4);
    if (second) all |= bits(second, 4);
    if (copyType() != kAbsent) all |= bits(copy, bytes(copyType()));
    return all % (kGroup * sizeof(float)) == 0;
  }
};
static_assert(sizeof(ParameterSlice) == 64, "the host lays out the same 64 bytes");

// Chunk number index of a parameter.
struct alignas(8) ParameterChunk {
  u32 parameter;
  u32 index;
};

// kMoments fp32 tensors beside the master.
template <int kMoments>
struct Weights {
  float p;
  float moment[kMoments > 0 ? kMoments : 1];
};

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

// Where a thread's next elements lie.
template <int kMoments, class G, class C>
struct Cursor {
  float* p;
  float* moment[kMoments > 0 ? kMoments : 1];
  const G* gradient;
  C* copy;

  __device__ __forceinline__ void advance(i64 distance) {
    p += distance;
#pragma unroll
    for (int i = 0; i < kMoments; i++) moment[i] += distance;
    gradient += distance;
    if constexpr (!std::is_void_v<C>) copy += distance;
  }
};

// kCount groups of elements, kApart elements from one to the next: all are read before the first is
// written.
template <int kCount, int kApart, class Update, class G, class C>
__device__ __forceinline__ void updateGroups(const Cursor<Update::kMoments, G, C>& from,
                                             const Update& update, float decay) {
  constexpr int kMoments = Update::kMoments;
  float p[kCount][kGroup];
  float moment[kCount][kMoments > 0 ? kMoments : 1][kGroup];
  float gradient[kCount][kGroup];
#pragma unroll
  for (int k = 0; k < kCount; k++) {
    loadFour(from.p + k * kApart, p[k]);
#pragma unroll
    for (int i = 0; i < kMoments; i++) loadFour(from.moment[i] + k * kApart, moment[k][i]);
    loadFour(from.gradient + k * kApart, gradient[k]);
  }
#pragma unroll
  for (int k = 0; k < kCount; k++) {
#pragma unroll
    for (int lane = 0; lane < kGroup; lane++) {
      Weights<kMoments> w;
      w.p = p[k][lane];
#pragma unroll
      for (int i = 0; i < kMoments; i++) w.moment[i] = moment[k][i][lane];
      update.update(w, gradient[k][lane], decay);
      p[k][lane] = w.p;
#pragma unroll
      for (int i = 0; i < kMoments; i++) moment[k][i][lane] = w.moment[i];
    }
    storeFour(from.p + k * kApart, p[k]);
#pragma unroll
    for (int i = 0; i < kMoments; i++) storeFour(from.moment[i] + k * kApart, moment[k][i]);
    if constexpr (!std::is_void_v<C>) storeFour(from.copy + k * kApart, p[k]);
  }
}

// One element at a time, whatever the types: the few before and after the groups, or all of a
// parameter whose tensors are not aligned alike. Written once for all pairs of types.
template <class Update>
__device__ __forceinline__ void updateOne(const void* table, const ParameterSlice& slice, i64 at,
                                          const Update& update, float decay) {
  constexpr int kMoments = Update::kMoments;
  float* const master = atDistance<float>(table, slice.master) + at;
  float* moment[kMoments > 0 ? kMoments : 1];
  if constexpr (kMoments > 0) moment[0] = atDistance<float>(table, slice.first) + at;
  if constexpr (kMoments > 1) moment[1] = atDistance<float>(table, slice.second) + at;
  Weights<kMoments> w;
  w.p = *master;
#pragma unroll
  for (int i = 0; i < kMoments; i++) w.moment[i] = *moment[i];
  float gradient;
  withElementType(slice.gradientType(), [&](auto zero) {
    gradient = loadFloat(atDistance<const decltype(zero)>(table, slice.gradient) + at);
  });
  update.update(w, gradient, decay);
  *master = w.p;
#pragma unroll
  for (int i = 0; i < kMoments; i++) *moment[i] = w.moment[i];
  if (slice.copyType() == kAbsent) return;
  withElementType(slice.copyType(), [&](auto zero) {
    storeFloat(atDistance<decltype(zero)>(table, slice.copy) + at, w.p);
  });
}

// Whole groups of a chunk from first on; how many elements that were.
template <class Update, class G, class C>
__device__ __forceinline__ int updateGroups(const void* table, const ParameterSlice& slice,
                                            i64 first, int count, const Update& update,
                                            float decay) {
  constexpr int kMoments = Update::kMoments;
  constexpr int kStep = kThreads * kGroup;
  if (!slice.takesGroups(table, first)) return 0;
  Cursor<kMoments, G, C> own;
  own.p = atDistance<float>(table, slice.master);
  if constexpr (kMoments > 0) own.moment[0] = atDistance<float>(table, slice.first);
  if constexpr (kMoments > 1) own.moment[1] = atDistance<float>(table, slice.second);
  own.gradient = atDistance<const G>(table, slice.gradient);
  if constexpr (!std::is_void_v<C>) own.copy = atDistance<C>(table, slice.copy);
  own.advance(first + static_cast<int>(threadIdx.x) * kGroup);
  const int groups = static_cast<int>(static_cast<u32>(count) / kGroup);
  int left = groups - static_cast<int>(threadIdx.x);
#pragma unroll 1
  for (; left > kThreads; left -= 2 * kThreads, own.advance(2 * kStep)) {
    updateGroups<2, kStep>(own, update, decay);
  }
  if (left > 0) updateGroups<1, kStep>(own, update, decay);
  return groups * kGroup;
}

template <class Update, class G>
__device__ __forceinline__ int updateGroups(const void* table, const ParameterSlice& slice,
                                            i64 first, int count, const Update& update,
                                            float decay) {
  switch (slice.copyType()) {
    case kFloat: return updateGroups<Update, G, float>(table, slice, first, count, update, decay);
    case kHalf: return updateGroups<Update, G, __half>(table, slice, first, count, update, decay);
    case kBFloat16:
      return updateGroups<Update, G, __nv_bfloat16>(table, slice, first, count, update, decay);
    default: return updateGroups<Update, G, void>(table, slice, first, count, update, decay);
  }
}

template <class Update>
__device__ __forceinline__ void updateChunk(const ParameterSlice* table, ParameterChunk chunk,
                                            const Update& update) {
  const i64 start = static_cast<i64>(chunk.index) * kChunkElements;
  int head, rest;
  {
    const ParameterSlice slice = table[chunk.parameter];
    const int count = static_cast<int>(min(slice.count - start, static_cast<i64>(kChunkElements)));
    const u32 unaligned = 0u - static_cast<u32>(slice.master + reinterpret_cast<i64>(table));
    head = min(static_cast<int>(unaligned % 16 / sizeof(float)), count);
    rest = count;
    withElementType(slice.gradientType(), [&](auto zero) {
      rest -= updateGroups<Update, decltype(zero)>(table, slice, start + head, count - head,
                                                   update, update.decay(slice.weightDecay));
    });
    if (rest == 0) return;
  }
  // Read again, so that nothing of it takes registers from the groups.
  const ParameterSlice slice = table[chunk.parameter];
  const float decay = update.decay(slice.weightDecay);
  const int last = static_cast<int>(min(slice.count - start, static_cast<i64>(kChunkElements)));
#pragma unroll 1
  for (int i = threadIdx.x; i < rest; i += kThreads) {
    updateOne(table, slice, start + (i < head ? i : i + last - rest), update, decay);
  }
}

template <class Update>
__device__ __forceinline__ void updateAll(const ParameterSlice* parameters,
                                          const ParameterChunk* list, i64 chunks,
                                          const Update& update) {
  for (i64 chunk = blockIdx.x; chunk < chunks; chunk += gridDim.x) {
    updateChunk(parameters, list[chunk], update);
  }
}

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
