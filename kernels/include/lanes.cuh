// Neighbouring elements of T in fp32 registers, and how a row or an array is shared out in them.
//
// A kernel writes its loop body once, as a generic lambda body(access, index). access is Vector<N>
// where addresses allow 16-byte loads and stores, and Vector<1> where they do not:
//
//   forEachColumn<N>(cols, aligned, [&](auto access, i64 column) {
//     auto lanes = access.load(x + column);          // Lanes<N> or Lanes<1>
//     ...
//     access.store(y + column, lanes);
//   });
#pragma once

#include "storage.cuh"

namespace lockstep {

template <int N>
struct Lanes {
  static constexpr int kCount = N;
  float lane[N];
};

// f(i) for each lane; unrolled, so that lanes stay in registers.
template <int N, class F>
__device__ __forceinline__ void forEachLane(const Lanes<N>&, F f) {
#pragma unroll
  for (int i = 0; i < N; i++) f(i);
}

template <int N>
__device__ __forceinline__ Lanes<N> sum(Lanes<N> a, const Lanes<N>& b) {
  forEachLane(a, [&](int i) { a.lane[i] += b.lane[i]; });
  return a;
}

template <int N>
__device__ __forceinline__ Lanes<N> product(Lanes<N> a, const Lanes<N>& b) {
  forEachLane(a, [&](int i) { a.lane[i] *= b.lane[i]; });
  return a;
}

// Moves N elements at once. For N > 1 the address must be a multiple of 16 bytes, or of the size
// of N elements where that is less.
template <int N>
struct Vector {
  __device__ __forceinline__ Lanes<N> splat(float value) const {
    Lanes<N> lanes;
    forEachLane(lanes, [&](int i) { lanes.lane[i] = value; });
    return lanes;
  }

  template <class T>
  __device__ __forceinline__ Lanes<N> load(const T* address) const {
    Lanes<N> lanes;
    if constexpr (N == 1) {
      lanes.lane[0] = loadFloat(address);
    } else if constexpr (N < Storage<T>::kLanes) {
      static_assert(N == 4, "the one vector below 16 bytes is half of one");
      const uint2 raw = *reinterpret_cast<const uint2*>(address);
      const float2 low = Storage<T>::unpackPair(raw.x);
      const float2 high = Storage<T>::unpackPair(raw.y);
      lanes = {low.x, low.y, high.x, high.y};
    } else {
      static_assert(N % Storage<T>::kLanes == 0, "whole 16-byte packs");
#pragma unroll
      for (int from = 0; from < N; from += Storage<T>::kLanes) {
        const Pack<T> pack = Pack<T>::load(address + from);
#pragma unroll
        for (int i = 0; i < Storage<T>::kLanes; i++) lanes.lane[from + i] = pack.lane[i];
      }
    }
    return lanes;
  }

  template <class T>
  __device__ __forceinline__ void store(T* address, const Lanes<N>& lanes) const {
    if constexpr (N == 1) {
      storeFloat(address, lanes.lane[0]);
    } else if constexpr (N < Storage<T>::kLanes) {
      static_assert(N == 4, "the one vector below 16 bytes is half of one");
      *reinterpret_cast<uint2*>(address) =
          make_uint2(Storage<T>::packPair(lanes.lane[0], lanes.lane[1]),
                     Storage<T>::packPair(lanes.lane[2], lanes.lane[3]));
    } else {
#pragma unroll
      for (int from = 0; from < N; from += Storage<T>::kLanes) {
        Pack<T> pack;
#pragma unroll
        for (int i = 0; i < Storage<T>::kLanes; i++) pack.lane[i] = lanes.lane[from + i];
        pack.store(address + from);
      }
    }
  }
};

// True when every address, null included, and the byte distance between rows are multiples of 16.
// It does not depend on the row, so a row gives the same bits alone and in a batch.
template <class... Address>
__device__ __forceinline__ bool rowsAligned(i64 rowBytes, const Address*... address) {
  return (((static_cast<u64>(rowBytes) | ... | reinterpret_cast<u64>(address))) & 15) == 0;
}

// The columns of one row shared out over the block. aligned must come from rowsAligned, N elements
// of the row's type filling 16 bytes.
template <int N, class Body>
__device__ __forceinline__ void forEachColumn(i64 cols, bool aligned, Body body) {
  if (aligned) {
    const i64 step = static_cast<i64>(blockDim.x * N);
    for (i64 column = threadIdx.x * N; column < cols; column += step) {
      body(Vector<N>{}, column);
    }
  } else {
    for (i64 column = threadIdx.x; column < cols; column += blockDim.x) {
      body(Vector<1>{}, column);
    }
  }
}

// A flat array of n elements shared out over the grid. Where aligned promises that vectors of N
// may start at element head, the head elements before and the less than N elements after the
// vectors go one by one, to the first threads of the grid.
template <int N, class Body>
__device__ __forceinline__ void forEachElement(i64 n, i64 head, bool aligned, Body body) {
  const i64 thread = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x;
  const i64 threads = static_cast<i64>(gridDim.x) * blockDim.x;
  if (!aligned) {
#pragma unroll 1
    for (i64 i = thread; i < n; i += threads) body(Vector<1>{}, i);
    return;
  }
  for (i64 i = head + thread * N; i + N <= n; i += threads * N) body(Vector<N>{}, i);
  const i64 tail = (n - head) % N;
#pragma unroll 1
  for (i64 i = thread; i < head + tail; i += threads) {
    body(Vector<1>{}, i < head ? i : n - head - tail + i);
  }
}

}  // namespace lockstep
