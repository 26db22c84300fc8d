// Elementwise kernels: the same small function for every element of some tensors, in 16-byte
// vectors where the addresses allow it.
#pragma once

#include "storage.cuh"

namespace lockstep {

// Calls function(const float (&in)[kInputs], float (&out)[kOutputs]) for each element of some
// vectors of 16 bytes; result i, rounded to T, replaces input i.
//
// The four words of a vector pass one position like goods on a belt: registers cannot be indexed,
// and four copies of the function would make the code four times as long.
template <class T, int kOutputs, int kInputs, class Function>
__device__ __forceinline__ void mapWords(uint4 (&raw)[kInputs], Function function) {
  static_assert(kOutputs <= kInputs, "results take the registers of the words they came from");
#pragma unroll 1
  for (int turn = 0; turn < 4; turn++) {
    Word<T> input[kInputs];
    Word<T> output[kOutputs];
#pragma unroll
    for (int i = 0; i < kInputs; i++) input[i] = Word<T>::unpack(raw[i].x);
#pragma unroll
    for (int lane = 0; lane < Word<T>::kLanes; lane++) {
      float values[kInputs];
      float results[kOutputs];
#pragma unroll
      for (int i = 0; i < kInputs; i++) values[i] = input[i].lane[lane];
      function(values, results);
#pragma unroll
      for (int i = 0; i < kOutputs; i++) output[i].lane[lane] = results[i];
    }
#pragma unroll
    for (int i = 0; i < kInputs; i++) {
      raw[i] = make_uint4(raw[i].y, raw[i].z, raw[i].w, i < kOutputs ? output[i].pack() : 0);
    }
  }
}

// Calls function(const float (&in)[kInputs], float (&out)[kOutputs]) for elements 0 .. n-1 of the
// input tensors and stores what it returns, rounded to T. Any grid: threads stride over the data.
//
// An output may be the same tensor as an input, since an element is read before it is written and
// by the thread that writes it; other overlaps are not allowed.
template <class T, int kInputs, int kOutputs, class Function>
__device__ __forceinline__ void mapElements(T* const (&out)[kOutputs],
                                            const T* const (&in)[kInputs], i64 n,
                                            Function function) {
  constexpr int kLanes = Storage<T>::kLanes;
  const i64 first = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x;
  const i64 stride = static_cast<i64>(gridDim.x) * blockDim.x;

  bool vectors = true;
#pragma unroll
  for (int i = 1; i < kInputs; i++) vectors &= sameAlignment16(in[0], in[i]);
#pragma unroll
  for (int i = 0; i < kOutputs; i++) vectors &= sameAlignment16(in[0], out[i]);
  const i64 head = vectors ? headLength(in[0], n) : 0;
  const i64 packs = vectors ? (n - head) / kLanes : 0;

  for (i64 p = first; p < packs; p += stride) {
    const i64 at = head + p * kLanes;
    uint4 raw[kInputs];
#pragma unroll
    for (int i = 0; i < kInputs; i++) raw[i] = *reinterpret_cast<const uint4*>(in[i] + at);
    mapWords<T, kOutputs>(raw, function);
#pragma unroll
    for (int i = 0; i < kOutputs; i++) *reinterpret_cast<uint4*>(out[i] + at) = raw[i];
  }

  // What lies before the first vector and after the last, or everything where vectors are out.
  const i64 rest = n - packs * kLanes;
  for (i64 r = first; r < rest; r += stride) {
    const i64 at = r < head ? r : r + packs * kLanes;
    float values[kInputs];
    float results[kOutputs];
#pragma unroll
    for (int i = 0; i < kInputs; i++) values[i] = loadFloat(in[i] + at);
    function(values, results);
#pragma unroll
    for (int i = 0; i < kOutputs; i++) storeFloat(out[i] + at, results[i]);
  }
}

}  // namespace lockstep
