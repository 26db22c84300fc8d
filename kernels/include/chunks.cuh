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
constexpr int kChunkElements = 16384;

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

// Sixteen-byte vectors and single elements of a chunk, shared out over the kThreads threads of the
// block: vector(uint4) for those between the first and the last 16-byte boundary, single(T) for the
// few before and after them. Four vectors are on their way before the first is used.
template <int kThreads, class T, class OnVector, class OnSingle>
__device__ __forceinline__ void forEachInChunk(T* chunk, int count, OnVector vector,
                                               OnSingle single) {
  constexpr int kLanes = Storage<std::remove_const_t<T>>::kLanes;
  constexpr int kAhead = 4;
  const int head = static_cast<int>(headLength(chunk, count));
  const int vectors = (count - head) / kLanes;
  using Raw = std::conditional_t<std::is_const_v<T>, const uint4, uint4>;
  Raw* at = reinterpret_cast<Raw*>(chunk + head) + threadIdx.x;
  int left = vectors - static_cast<int>(threadIdx.x);
#pragma unroll 1
  for (; left > (kAhead - 1) * kThreads; left -= kAhead * kThreads, at += kAhead * kThreads) {
    uint4 raw[kAhead];
#pragma unroll
    for (int i = 0; i < kAhead; i++) raw[i] = at[i * kThreads];
#pragma unroll
    for (int i = 0; i < kAhead; i++) vector(raw[i], at + i * kThreads);
  }
#pragma unroll 1
  for (; left > 0; left -= kThreads, at += kThreads) vector(*at, at);
  const int own = threadIdx.x;
  if (own < count - vectors * kLanes) {
    single(chunk + (own < head ? own : own + vectors * kLanes));
  }
}

}  // namespace lockstep
