// Tensors of any number, type and length that one launch works through in chunks.
//
// The host cuts every tensor into chunks of kChunkElements, the last of each tensor being what is
// left, and lists them. A block finds all it needs in one record, so that a list of 100000 tensors
// costs it no more than one tensor does.
#pragma once

#include <type_traits>

#include "storage.cuh"

namespace lockstep {

// Elements of a chunk. Fixed, so that sums over chunks do not depend on the device.
constexpr int kChunkElements = 32768;

// How a table names the types of elements; kAbsent stands for a tensor that is left out.
enum ElementType : u32 { kFloat = 0, kHalf = 1, kBFloat16 = 2, kAbsent = 3 };

// Tables say where a tensor lies by its distance in bytes from the table. A bare address would do,
// but the compiler could not tell that it is one of global memory and would find out anew at every
// access.
template <class T>
__device__ __forceinline__ T* atDistance(const void* table, i64 bytes) {
  const char* const address = static_cast<const char*>(table) + bytes;
  return reinterpret_cast<T*>(const_cast<char*>(address));
}

// One chunk of a list of tensors.
struct alignas(16) TensorChunk {
  i64 distance;       // of its first element from the start of the list
  int count;          // elements, from 1
  u32 tensorAndType;  // index of the tensor * 4 + ElementType

  __device__ __forceinline__ u32 tensor() const { return tensorAndType / 4; }
  __device__ __forceinline__ u32 type() const { return tensorAndType % 4; }
};
static_assert(sizeof(TensorChunk) == 16, "the host lays out the same 16 bytes");

// body(T{}) with the type of elements that type names; all threads of a block go the same way.
template <class Body>
__device__ __forceinline__ void withElementType(u32 type, Body body) {
  if (type == kFloat) {
    body(float{});
  } else if (type == kHalf) {
    body(__half{});
  } else {
    body(__nv_bfloat16{});
  }
}

// Elements of T as fp32, straight from memory. As the compiler unpacks bfloat16, each takes a move
// from an integer to a float register on top; as it loads floats for a Pack, they do as well.
template <class T>
__device__ __forceinline__ void unpackWord(u32 bits, float (&lane)[2]) {
  if constexpr (std::is_same_v<T, __nv_bfloat16>) {
    asm("shl.b32 %0, %1, 16;" : "=f"(lane[0]) : "r"(bits));
    asm("and.b32 %0, %1, 0xffff0000;" : "=f"(lane[1]) : "r"(bits));
  } else {
    const float2 pair = Storage<T>::unpackPair(bits);
    lane[0] = pair.x;
    lane[1] = pair.y;
  }
}

// Sixteen bytes of T as fp32.
template <class T>
struct FloatVector {
  static constexpr int kLanes = Storage<T>::kLanes;
  float lane[kLanes];

  static __device__ __forceinline__ FloatVector load(const T* address) {
    FloatVector vector;
    if constexpr (kLanes == 4) {
      const float4 raw = *reinterpret_cast<const float4*>(address);
      vector = {raw.x, raw.y, raw.z, raw.w};
    } else {
      const uint4 raw = *reinterpret_cast<const uint4*>(address);
      const u32 words[4] = {raw.x, raw.y, raw.z, raw.w};
#pragma unroll
      for (int i = 0; i < 4; i++) {
        float pair[2];
        unpackWord<T>(words[i], pair);
        vector.lane[2 * i] = pair[0];
        vector.lane[2 * i + 1] = pair[1];
      }
    }
    return vector;
  }

  __device__ __forceinline__ void store(T* address) const {
    if constexpr (kLanes == 4) {
      *reinterpret_cast<float4*>(address) = make_float4(lane[0], lane[1], lane[2], lane[3]);
    } else {
      u32 words[4];
#pragma unroll
      for (int i = 0; i < 4; i++) words[i] = Storage<T>::packPair(lane[2 * i], lane[2 * i + 1]);
      *reinterpret_cast<uint4*>(address) = make_uint4(words[0], words[1], words[2], words[3]);
    }
  }
};

// Four elements of T as fp32: 16 bytes of floats, 8 of a 16-bit type.
template <class T>
__device__ __forceinline__ void loadFour(const T* address, float (&lane)[4]) {
  if constexpr (sizeof(T) == 4) {
    const float4 raw = *reinterpret_cast<const float4*>(address);
    lane[0] = raw.x;
    lane[1] = raw.y;
    lane[2] = raw.z;
    lane[3] = raw.w;
  } else {
    const uint2 raw = *reinterpret_cast<const uint2*>(address);
    float low[2];
    float high[2];
    unpackWord<T>(raw.x, low);
    unpackWord<T>(raw.y, high);
    lane[0] = low[0];
    lane[1] = low[1];
    lane[2] = high[0];
    lane[3] = high[1];
  }
}

template <class T>
__device__ __forceinline__ void storeFour(T* address, const float (&lane)[4]) {
  if constexpr (sizeof(T) == 4) {
    *reinterpret_cast<float4*>(address) = make_float4(lane[0], lane[1], lane[2], lane[3]);
  } else {
    *reinterpret_cast<uint2*>(address) = make_uint2(Storage<T>::packPair(lane[0], lane[1]),
                                                    Storage<T>::packPair(lane[2], lane[3]));
  }
}

// Loads and stores the 16 bytes at an address as they are.
struct RawVector {
  template <class T>
  static __device__ __forceinline__ uint4 load(const T* address) {
    return *reinterpret_cast<const uint4*>(address);
  }
};

// Sixteen-byte vectors and single elements of a chunk, shared out over the kThreads threads of the
// block: onVector(what Vector::load gives, where) for those between the first and the last 16-byte
// boundary, onSingle(where) for the few before and after them. Four vectors are on their way before
// the first is used.
template <int kThreads, class Vector, class T, class OnVector, class OnSingle>
__device__ __forceinline__ void forEachInChunk(T* chunk, int count, OnVector onVector,
                                               OnSingle onSingle) {
  constexpr int kLanes = Storage<std::remove_const_t<T>>::kLanes;
  constexpr int kStep = kThreads * kLanes;
  constexpr int kAhead = 4;
  const int unaligned = (0u - static_cast<u32>(reinterpret_cast<u64>(chunk))) % 16 / sizeof(T);
  const int head = min(unaligned, count);
  const int vectors = static_cast<u32>(count - head) / kLanes;
  T* at = chunk + head + static_cast<int>(threadIdx.x) * kLanes;
  int left = vectors - static_cast<int>(threadIdx.x);
#pragma unroll 1
  for (; left > (kAhead - 1) * kThreads; left -= kAhead * kThreads, at += kAhead * kStep) {
    decltype(Vector::load(chunk)) vector[kAhead];
#pragma unroll
    for (int i = 0; i < kAhead; i++) vector[i] = Vector::load(at + i * kStep);
#pragma unroll
    for (int i = 0; i < kAhead; i++) onVector(vector[i], at + i * kStep);
  }
#pragma unroll 1
  for (; left > 0; left -= kThreads, at += kStep) onVector(Vector::load(at), at);
  const int own = threadIdx.x;
  if (own < count - vectors * kLanes) {
    onSingle(chunk + (own < head ? own : own + vectors * kLanes));
  }
}

}  // namespace lockstep
