// Activations of the elements of a vector in registers: the end of a matrix product. Which
// activation it is, is asked once for the vector.
#pragma once

#include "activations.cuh"
#include "gemm_finish.cuh"

namespace lockstep {

// N neighbouring elements as memory has them: 16 bytes of T, or one element.
template <class T, int N>
struct Elements {
  static_assert(N == Storage<T>::kLanes, "16 bytes of T");
  uint4 raw;

  static __device__ __forceinline__ Elements rounded(const Lanes<N>& value) {
    Pack<T> pack;
#pragma unroll
    for (int i = 0; i < N; i++) pack.lane[i] = value.lane[i];
    return {pack.pack()};
  }

  static __device__ __forceinline__ Elements load(const T* address) {
    return {*reinterpret_cast<const uint4*>(address)};
  }

  __device__ __forceinline__ void store(T* address) const { storeWords(address, raw); }

  // Written out for bf16, whose bits the compiler would copy once more than it takes.
  __device__ __forceinline__ Lanes<N> lanes() const {
    const u32 bits[4] = {raw.x, raw.y, raw.z, raw.w};
    Lanes<N> lanes;
#pragma unroll
    for (int i = 0; i < 4; i++) {
      if constexpr (std::is_same<T, __nv_bfloat16>::value) {
        asm("shl.b32 %0, %1, 16;" : "=f"(lanes.lane[2 * i]) : "r"(bits[i]));
        asm("and.b32 %0, %1, 0xffff0000;" : "=f"(lanes.lane[2 * i + 1]) : "r"(bits[i]));
      } else {
        constexpr int kLanes = Word<T>::kLanes;
        const Word<T> word = Word<T>::unpack(bits[i]);
#pragma unroll
        for (int j = 0; j < kLanes; j++) lanes.lane[kLanes * i + j] = word.lane[j];
      }
    }
    return lanes;
  }
};

template <class T>
struct Elements<T, 1> {
  T raw;

  static __device__ __forceinline__ Elements rounded(const Lanes<1>& value) {
    return {Storage<T>::fromFloat(value.lane[0])};
  }
  static __device__ __forceinline__ Elements load(const T* address) { return {*address}; }
  __device__ __forceinline__ void store(T* address) const { *address = raw; }
  __device__ __forceinline__ Lanes<1> lanes() const { return {Storage<T>::toFloat(raw)}; }
};

// Activations, accurate ones, of N values stored as T.
template <class T, int N>
__device__ __forceinline__ Lanes<N> activated(int code, float slope, const Lanes<N>& x) {
  Lanes<N> value;
  withAccurate<T>(code, slope, [&](auto curve) {
#pragma unroll
    for (int i = 0; i < N; i++) value.lane[i] = curve.at(x.lane[i]).value;
  });
  return value;
}

template <int N>
struct CurveLanes {
  Lanes<N> value;
  Lanes<N> derivative;
};

// The same with derivatives.
template <class T, int N>
__device__ __forceinline__ CurveLanes<N> curves(int code, float slope, const Lanes<N>& x) {
  CurveLanes<N> result;
  withAccurate<T>(code, slope, [&](auto curve) {
#pragma unroll
    for (int i = 0; i < N; i++) {
      const Curve at = curve.at(x.lane[i]);
      result.value.lane[i] = at.value;
      result.derivative.lane[i] = at.derivative;
    }
  });
  return result;
}

}  // namespace lockstep
