// How elements lie in memory: float, __half or __nv_bfloat16, alone or as a 16-byte pack.
//
// Every kernel computes in fp32. A value enters through Storage<T>::toFloat (exact) and leaves
// through Storage<T>::fromFloat, the only place where anything is rounded to storage precision:
// to nearest even, overflow of fp16 to infinity, NaN kept.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace lockstep {

using i64 = long long;
using u32 = unsigned int;
using u64 = unsigned long long;

// Instantiates a macro ENTRY(suffix, type) for every storage type.
#define LOCKSTEP_FOR_EACH_TYPE(ENTRY) \
  ENTRY(f32, float)                   \
  ENTRY(f16, __half)                  \
  ENTRY(bf16, __nv_bfloat16)

// kLanes elements fill the 16 bytes of one vector access. 16-bit types travel as pairs in one
// 32-bit register, element 0 in the lower half.
template <class T>
struct Storage;

template <>
struct Storage<float> {
  static constexpr int kLanes = 4;
  static __device__ __forceinline__ float toFloat(float value) { return value; }
  static __device__ __forceinline__ float fromFloat(float value) { return value; }
};

template <>
struct Storage<__half> {
  static constexpr int kLanes = 8;
  static __device__ __forceinline__ float toFloat(__half value) { return __half2float(value); }
  static __device__ __forceinline__ __half fromFloat(float value) {
    return __float2half_rn(value);
  }
  static __device__ __forceinline__ float2 unpackPair(u32 bits) {
    float2 pair;
    asm("{ .reg .b16 low, high;\n\t"
        "mov.b32 {low, high}, %2;\n\t"
        "cvt.f32.f16 %0, low;\n\t"
        "cvt.f32.f16 %1, high; }"
        : "=f"(pair.x), "=f"(pair.y)
        : "r"(bits));
    return pair;
  }
  static __device__ __forceinline__ u32 packPair(float low, float high) {
    u32 bits;  // cvt puts its first source into the upper half
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
    return bits;
  }
};

template <>
struct Storage<__nv_bfloat16> {
  static constexpr int kLanes = 8;
  static __device__ __forceinline__ float toFloat(__nv_bfloat16 value) {
    return __bfloat162float(value);
  }
  static __device__ __forceinline__ __nv_bfloat16 fromFloat(float value) {
    return __float2bfloat16_rn(value);
  }
  // bfloat16 is the upper half of a float, so unpacking is moving bits.
  static __device__ __forceinline__ float2 unpackPair(u32 bits) {
    return make_float2(__uint_as_float(bits << 16), __uint_as_float(bits & 0xffff0000u));
  }
  static __device__ __forceinline__ u32 packPair(float low, float high) {
    u32 bits;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
    return bits;
  }
};

template <class T>
__device__ __forceinline__ float loadFloat(const T* address) {
  return Storage<T>::toFloat(*address);
}

template <class T>
__device__ __forceinline__ void storeFloat(T* address, float value) {
  *address = Storage<T>::fromFloat(value);
}

// What value becomes by being stored as T and read back.
template <class T>
__device__ __forceinline__ float roundTo(float value) {
  return Storage<T>::toFloat(Storage<T>::fromFloat(value));
}

// One 32-bit register of T as fp32: a float, or a pair of 16-bit values.
template <class T>
struct Word {
  static constexpr int kLanes = 4 / sizeof(T);
  float lane[kLanes];

  static __device__ __forceinline__ Word unpack(u32 bits) {
    Word word;
    if constexpr (kLanes == 1) {
      word.lane[0] = __uint_as_float(bits);
    } else {
      float2 pair = Storage<T>::unpackPair(bits);
      word.lane[0] = pair.x;
      word.lane[1] = pair.y;
    }
    return word;
  }

  __device__ __forceinline__ u32 pack() const {
    if constexpr (kLanes == 1) {
      return __float_as_uint(lane[0]);
    } else {
      return Storage<T>::packPair(lane[0], lane[1]);
    }
  }
};

// Sixteen bytes of T as fp32 registers. load and store need a 16-byte aligned address.
template <class T>
struct Pack {
  static constexpr int kLanes = Storage<T>::kLanes;
  float lane[kLanes];

  static __device__ __forceinline__ Pack unpack(uint4 raw) {
    const u32 bits[4] = {raw.x, raw.y, raw.z, raw.w};
    Pack pack;
#pragma unroll
    for (int i = 0; i < kLanes; i++) {
      pack.lane[i] = Word<T>::unpack(bits[i / Word<T>::kLanes]).lane[i % Word<T>::kLanes];
    }
    return pack;
  }

  __device__ __forceinline__ uint4 pack() const {
    u32 bits[4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
      Word<T> word;
#pragma unroll
      for (int j = 0; j < Word<T>::kLanes; j++) {
        word.lane[j] = lane[i * Word<T>::kLanes + j];
      }
      bits[i] = word.pack();
    }
    return make_uint4(bits[0], bits[1], bits[2], bits[3]);
  }

  __device__ __forceinline__ void add(const Pack& other) {
#pragma unroll
    for (int i = 0; i < kLanes; i++) lane[i] += other.lane[i];
  }

  static __device__ __forceinline__ Pack load(const T* address) {
    return unpack(*reinterpret_cast<const uint4*>(address));
  }

  __device__ __forceinline__ void store(T* address) const {
    *reinterpret_cast<uint4*>(address) = pack();
  }
};

__device__ __forceinline__ bool isAligned16(const void* address) {
  return (reinterpret_cast<u64>(address) & 15) == 0;
}

// True when both addresses lie equally far from a 16-byte boundary: then peeling the same head
// makes both vectors aligned.
__device__ __forceinline__ bool sameAlignment16(const void* a, const void* b) {
  return ((reinterpret_cast<u64>(a) ^ reinterpret_cast<u64>(b)) & 15) == 0;
}

// Elements before the first 16-byte boundary at or after address (which is aligned for T), at
// most count.
template <class T>
__device__ __forceinline__ i64 headLength(const T* address, i64 count) {
  i64 head = static_cast<i64>((0 - reinterpret_cast<u64>(address)) & 15) / sizeof(T);
  return head < count ? head : count;
}

}  // namespace lockstep
