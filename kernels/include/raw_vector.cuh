// Sixteen bytes as they lie in memory: how a row is held on chip without being unpacked.
#pragma once

#include "warp.cuh"

#include <type_traits>

namespace lockstep {

// One of its four words: a float or a pair of 16-bit values.
//
//   maximum   of each, ignoring NaN
//   unpack    always anew: left to itself the compiler would unpack a row once for all passes over
//             it, and spill what it has no registers for
template <class T>
struct RawWord;

template <>
struct RawWord<float> {
  using Bits = float;
  static __device__ __forceinline__ float negativeInfinity() { return -INFINITY; }
  static __device__ __forceinline__ float maximum(float a, float b) { return fmaxf(a, b); }
  static __device__ __forceinline__ float maximum(float word) { return word; }
  static __device__ __forceinline__ void unpack(float word, float* lane) { lane[0] = word; }
  static __device__ __forceinline__ float pack(const float* lane) { return lane[0]; }
};

template <class T>
struct RawPair {
  using Bits = u32;
  static __device__ __forceinline__ float maximum(u32 pair) {
    const float2 lanes = Storage<T>::unpackPair(pair);
    return fmaxf(lanes.x, lanes.y);
  }
  static __device__ __forceinline__ u32 pack(const float* lane) {
    return Storage<T>::packPair(lane[0], lane[1]);
  }
};

template <>
struct RawWord<__half> : RawPair<__half> {
  using RawPair<__half>::maximum;
  static __device__ __forceinline__ u32 negativeInfinity() { return 0xfc00fc00u; }
  static __device__ __forceinline__ u32 maximum(u32 a, u32 b) {
    u32 larger;
    asm("max.f16x2 %0, %1, %2;" : "=r"(larger) : "r"(a), "r"(b));
    return larger;
  }
  static __device__ __forceinline__ void unpack(u32 pair, float* lane) {
    asm volatile(
        "{ .reg .b16 low, high;\n\t"
        "mov.b32 {low, high}, %2;\n\t"
        "cvt.f32.f16 %0, low;\n\t"
        "cvt.f32.f16 %1, high; }"
        : "=f"(lane[0]), "=f"(lane[1])
        : "r"(pair));
  }
};

template <>
struct RawWord<__nv_bfloat16> : RawPair<__nv_bfloat16> {
  using RawPair<__nv_bfloat16>::maximum;
  static __device__ __forceinline__ u32 negativeInfinity() { return 0xff80ff80u; }
  static __device__ __forceinline__ u32 maximum(u32 a, u32 b) {
    u32 larger;
    asm("max.bf16x2 %0, %1, %2;" : "=r"(larger) : "r"(a), "r"(b));
    return larger;
  }
  static __device__ __forceinline__ void unpack(u32 pair, float* lane) {
    asm volatile(
        "shl.b32 %0, %2, 16;\n\t"
        "and.b32 %1, %2, 0xffff0000;"
        : "=f"(lane[0]), "=f"(lane[1])
        : "r"(pair));
  }
};

template <class T>
struct alignas(16) RawVector {
  using Word = RawWord<T>;
  using Bits = typename Word::Bits;
  static constexpr int kLanes = Storage<T>::kLanes;
  static constexpr int kPerWord = kLanes / 4;
  Bits word[4];

  static __device__ __forceinline__ RawVector splat(Bits bits) { return {bits, bits, bits, bits}; }

  // Of each word of largest with those of the vector.
  __device__ __forceinline__ Bits maximum(Bits largest) const {
    return Word::maximum(largest, Word::maximum(Word::maximum(word[0], word[1]),
                                                Word::maximum(word[2], word[3])));
  }

  __device__ __forceinline__ Pack<T> unpack() const {
    Pack<T> pack;
#pragma unroll
    for (int i = 0; i < 4; i++) Word::unpack(word[i], pack.lane + i * kPerWord);
    return pack;
  }

  static __device__ __forceinline__ RawVector pack(const Pack<T>& pack) {
    RawVector raw;
#pragma unroll
    for (int i = 0; i < 4; i++) raw.word[i] = Word::pack(pack.lane + i * kPerWord);
    return raw;
  }

  // The address must be a multiple of 16.
  static __device__ __forceinline__ RawVector load(const T* address) {
    return *reinterpret_cast<const RawVector*>(address);
  }

  // kOffset bytes beyond address. In PTX, since the compiler takes a row of such stores apart.
  template <int kOffset = 0>
  __device__ __forceinline__ void store(T* address) const {
    if constexpr (kPerWord == 1) {
      asm volatile("st.global.v4.f32 [%0+%1], {%2, %3, %4, %5};" ::"l"(address), "n"(kOffset),
                   "f"(word[0]), "f"(word[1]), "f"(word[2]), "f"(word[3])
                   : "memory");
    } else {
      asm volatile("st.global.v4.u32 [%0+%1], {%2, %3, %4, %5};" ::"l"(address), "n"(kOffset),
                   "r"(word[0]), "r"(word[1]), "r"(word[2]), "r"(word[3])
                   : "memory");
    }
  }

  // Elements that lie step apart, from an address aligned for one of them.
  static __device__ __forceinline__ RawVector gather(const T* address, int step) {
    RawVector raw;
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const Element* from = reinterpret_cast<const Element*>(address) + i * kPerWord * step;
      if constexpr (kPerWord == 1) {
        raw.word[i] = *from;
      } else {
        raw.word[i] = join(from[0], from[step]);
      }
    }
    return raw;
  }

  // The same for those less than count elements from the address; the others are instead.
  static __device__ __forceinline__ RawVector gatherSome(const T* address, int step, int count,
                                                         Bits instead) {
    RawVector raw;
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const Element* from = reinterpret_cast<const Element*>(address) + i * kPerWord * step;
      const int left = count - i * kPerWord * step;
      if constexpr (kPerWord == 1) {
        raw.word[i] = left > 0 ? *from : instead;
      } else {
        const Element nothing = static_cast<Element>(instead);
        raw.word[i] = join(left > 0 ? from[0] : nothing, left > step ? from[step] : nothing);
      }
    }
    return raw;
  }

  __device__ __forceinline__ void scatter(T* address, int step) const {
    scatterSome(address, step, kLanes * step);
  }

  __device__ __forceinline__ void scatterSome(T* address, int step, int count) const {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      Element* to = reinterpret_cast<Element*>(address) + i * kPerWord * step;
      const int left = count - i * kPerWord * step;
      if constexpr (kPerWord == 1) {
        if (left > 0) *to = word[i];
      } else {
        Element low, high;
        asm("mov.b32 {%0, %1}, %2;" : "=h"(low), "=h"(high) : "r"(word[i]));
        if (left > 0) to[0] = low;
        if (left > step) to[step] = high;
      }
    }
  }

  // Only the first count elements, the others taken from instead.
  __device__ __forceinline__ RawVector keepFirst(int count, Bits instead) const {
    RawVector kept;
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const int here = count - i * kPerWord;
      kept.word[i] = here > 0 ? word[i] : instead;
      if constexpr (kPerWord == 2) {
        if (here == 1) kept.word[i] = __byte_perm(word[i], instead, 0x7610);
      }
    }
    return kept;
  }

 private:
  using Element = std::conditional_t<kPerWord == 1, float, unsigned short>;

  static __device__ __forceinline__ u32 join(unsigned short low, unsigned short high) {
    u32 pair;
    asm("mov.b32 %0, {%1, %2};" : "=r"(pair) : "h"(low), "h"(high));
    return pair;
  }
};

}  // namespace lockstep
