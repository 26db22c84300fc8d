// How one launch updates all parameters of a model: a table of them on the device, cut into chunks,
// a block for each.
//
// An update is a functor of these members, the rules of optimizer.cu for example:
//
//   kMoments                                 fp32 tensors it keeps beside the master
//   float decay(float weightDecay) const     what the next one takes, worked out once per chunk
//   void update(Weights<kMoments>&, float gradient, float decay) const
//                                            one element
#pragma once

#include <type_traits>

#include "chunks.cuh"

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
