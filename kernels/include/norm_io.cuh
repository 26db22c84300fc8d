// The element types of a norm's tensors: all alike and known when compiled, or each its own and
// known when launched. A kernel written over one of these classes moves vectors of kLanes elements:
//
//   Raw raw = Io::load(address, format);      Lanes<kLanes> lanes = Io::unpack(raw);
//   Raw raw = Io::round(lanes, format);       Io::store(address, raw, format);
//   Io::write(address, lanes, format);        the same as storing the rounded
#pragma once

#include <type_traits>

#include "lanes.cuh"
#include "row_group.cuh"

namespace lockstep {

// Where the type of each tensor stands in the word of formats, two bits each: 0 f32, 1 f16, 2 bf16.
// Addend, sum and out are residual, sum and y going forward, dSum, dX and dY going backward.
enum FormatBit : int {
  kXBit = 0,
  kAddendBit = 2,
  kSumBit = 4,
  kOutBit = 6,
  kWeightBit = 8,
  kBiasBit = 10
};

__device__ __forceinline__ int formatOf(u32 formats, FormatBit bit) { return formats >> bit & 3; }

template <int N>
__device__ __forceinline__ float laneSum(const Lanes<N>& lanes) {
  float sum = lanes.lane[0];
#pragma unroll
  for (int i = 1; i < N; i++) sum += lanes.lane[i];
  return sum;
}

template <int N>
__device__ __forceinline__ float laneProducts(const Lanes<N>& a, const Lanes<N>& b) {
  float sum = a.lane[0] * b.lane[0];
#pragma unroll
  for (int i = 1; i < N; i++) sum = fmaf(a.lane[i], b.lane[i], sum);
  return sum;
}

// Every tensor is of type T; vectors fill 16 bytes.
template <class T>
struct Alike {
  static constexpr int kLanes = Storage<T>::kLanes;
  // At most 11 bits of precision: sums of numbers near each other lose nothing in fp32.
  static constexpr bool kShort = sizeof(T) == 2;
  using Raw = std::conditional_t<kShort, uint4, float4>;

  // Where a vector begins, in a form that stays in registers over all rows, and in bytes.
  using Place = i64;
  static __device__ __forceinline__ Place place(u32 column) { return column * sizeof(T); }
  static __device__ __forceinline__ i64 bytes(Place place, int) { return place; }

  static __device__ __forceinline__ Raw load(const char* address, int) {
    return *reinterpret_cast<const Raw*>(address);
  }
  static __device__ __forceinline__ Lanes<kLanes> unpack(Raw raw) {
    if constexpr (kShort) {
      const float2 a = pair(raw.x), b = pair(raw.y), c = pair(raw.z), d = pair(raw.w);
      return {a.x, a.y, b.x, b.y, c.x, c.y, d.x, d.y};
    } else {
      return {raw.x, raw.y, raw.z, raw.w};
    }
  }
  static __device__ __forceinline__ Raw round(const Lanes<kLanes>& lanes, int) {
    const float* const lane = lanes.lane;
    if constexpr (kShort) {
      return make_uint4(
          Storage<T>::packPair(lane[0], lane[1]), Storage<T>::packPair(lane[2], lane[3]),
          Storage<T>::packPair(lane[4], lane[5]), Storage<T>::packPair(lane[6], lane[7]));
    } else {
      return make_float4(lane[0], lane[1], lane[2], lane[3]);
    }
  }
  static __device__ __forceinline__ void store(char* address, Raw raw, int) {
    *reinterpret_cast<Raw*>(address) = raw;
  }
  static __device__ __forceinline__ void write(char* address, const Lanes<kLanes>& lanes, int) {
    store(address, round(lanes, 0), 0);
  }

 private:
  // Two 16-bit numbers. Those of bfloat16 are a shift and a mask away; written like this they need
  // no moves between integer and floating-point registers.
  static __device__ __forceinline__ float2 pair(u32 word) {
    if constexpr (std::is_same_v<T, __half>) {
      return Storage<__half>::unpackPair(word);
    } else {
      float2 pair;
      asm("shl.b32 %0, %1, 16;" : "=f"(pair.x) : "r"(word));
      asm("and.b32 %0, %1, 0xffff0000;" : "=f"(pair.y) : "r"(word));
      return pair;
    }
  }
};

// Every tensor is of its own type; vectors are four elements, of 16 or 8 bytes.
struct Mixed {
  static constexpr int kLanes = 4;
  static constexpr bool kShort = false;
  using Raw = Lanes<4>;

  // Volatile, so that the bytes of every tensor are not kept in registers over all rows.
  using Place = u32;
  static __device__ __forceinline__ Place place(u32 column) { return column; }
  static __device__ __forceinline__ i64 bytes(Place place, int format) {
    u32 bytes;
    asm volatile("shl.b32 %0, %1, %2;" : "=r"(bytes) : "r"(place), "r"(format == 0 ? 2 : 1));
    return bytes;
  }

  static __device__ __forceinline__ Raw load(const char* address, int format) {
    if (format == 0) return Vector<4>{}.load(reinterpret_cast<const float*>(address));
    const uint2 bits = *reinterpret_cast<const uint2*>(address);
    float2 low, high;
    if (format == 1) {
      low = Storage<__half>::unpackPair(bits.x);
      high = Storage<__half>::unpackPair(bits.y);
    } else {
      low = Storage<__nv_bfloat16>::unpackPair(bits.x);
      high = Storage<__nv_bfloat16>::unpackPair(bits.y);
    }
    return {low.x, low.y, high.x, high.y};
  }
  static __device__ __forceinline__ Lanes<4> unpack(const Raw& raw) { return raw; }
  static __device__ __forceinline__ Raw round(const Lanes<4>& lanes, int format) {
    if (format == 0) return lanes;
    Raw raw = lanes;
    forEachLane(raw, [&](int i) {
      float& lane = raw.lane[i];
      lane = format == 1 ? roundTo<__half>(lane) : roundTo<__nv_bfloat16>(lane);
    });
    return raw;
  }
  static __device__ __forceinline__ void store(char* address, const Raw& raw, int format) {
    write(address, raw, format);
  }
  static __device__ __forceinline__ void write(char* address, const Lanes<4>& lanes, int format) {
    if (format == 0) {
      Vector<4>{}.store(reinterpret_cast<float*>(address), lanes);
    } else if (format == 1) {
      Vector<4>{}.store(reinterpret_cast<__half*>(address), lanes);
    } else {
      Vector<4>{}.store(reinterpret_cast<__nv_bfloat16*>(address), lanes);
    }
  }
};

// What a thread needs to know of the vectors of its row that it owns. A thread whose vector lies
// beyond the row goes along with the row's first and leaves it out of sums by a weight of 0: loads
// need no branch, and all of a row's are under way together.
template <class Io>
struct OwnColumns {
  typename Io::Place place[kPacks];
  float present[kPacks];  // 1, or 0 beyond the row

  template <class Group>
  __device__ __forceinline__ OwnColumns(const Group& group, u32 columns) {
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      const u32 column = (group.lane() + v * group.width()) * Io::kLanes;
      place[v] = kept(Io::place(column < columns ? column : 0));
      present[v] = kept(column < columns ? 1.0f : 0.0f);
    }
  }
};

// [columns] numbers of which each thread keeps its own in registers, weight or bias; all the same
// where there is no source. The slots of a block share one read. All its threads must come here.
template <class Io, class Group>
__device__ __forceinline__ void loadColumns(Lanes<Io::kLanes> (&lanes)[kPacks], const Group& group,
                                            const OwnColumns<Io>& own, const char* source,
                                            int format, u32 columns, float otherwise) {
  __shared__ typename Io::Raw shared[kPacks * kWarpSize];
  if (!source) {
#pragma unroll
    for (int v = 0; v < kPacks; v++) lanes[v] = Vector<Io::kLanes>{}.splat(otherwise);
  } else if (group.width() > kWarpSize) {
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      lanes[v] = Io::unpack(Io::load(source + Io::bytes(own.place[v], format), format));
    }
  } else {
    __syncthreads();  // the previous call may still be reading
    const u32 thread = threadIdx.y * group.width() + group.lane();
    const u32 vectors = columns / Io::kLanes;
    if (thread < vectors) {
      shared[thread] = Io::load(source + Io::bytes(Io::place(thread * Io::kLanes), format), format);
    }
    __syncthreads();
#pragma unroll
    for (int v = 0; v < kPacks; v++) {
      const u32 vector = group.lane() + v * group.width();
      lanes[v] = Io::unpack(shared[vector < vectors ? vector : 0]);
    }
  }
}

}  // namespace lockstep
