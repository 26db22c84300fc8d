// The same small function for every element of some 16-byte vectors in registers: the end of a
// matrix product.
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

}  // namespace lockstep
