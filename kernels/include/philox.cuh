// Random numbers as a function of a counter and a key: Philox4x32-10 (Salmon, Moraes, Dror and
// Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011). No state: whoever knows counter
// and key knows the numbers, so they are made again rather than kept. numeric/Philox.java is the
// same function.
#pragma once

#include "storage.cuh"

namespace lockstep {

class Philox {
  static constexpr int kRounds = 10;
  u32 keyX[kRounds];
  u32 keyY[kRounds];

  // The two halves of a * b.
  static __device__ __forceinline__ void multiply(u32& high, u32& low, u32 a, u32 b) {
    asm("{ .reg .b64 product;\n\t"
        "mul.wide.u32 product, %2, %3;\n\t"
        "mov.b64 {%0, %1}, product; }"
        : "=r"(low), "=r"(high)
        : "r"(a), "r"(b));
  }

  static __device__ __forceinline__ u32 exclusiveOr(u32 a, u32 b, u32 c) {
    u32 result;
    asm("lop3.b32 %0, %1, %2, %3, 0x96;" : "=r"(result) : "r"(a), "r"(b), "r"(c));
    return result;
  }

 public:
  // The keys of all rounds, worked out once for all counters.
  explicit __device__ __forceinline__ Philox(uint2 key) {
#pragma unroll
    for (int round = 0; round < kRounds; round++) {
      keyX[round] = key.x + round * 0x9e3779b9u;
      keyY[round] = key.y + round * 0xbb67ae85u;
      // Opaque from here on: the compiler would rather add again for each counter.
      asm volatile("" : "+r"(keyX[round]), "+r"(keyY[round]));
    }
  }

  // Four words for a counter of 128 bits, {x, y, z, w} from the lowest.
  __device__ __forceinline__ uint4 operator()(uint4 counter) const {
#pragma unroll
    for (int round = 0; round < kRounds; round++) {
      u32 highX, lowX, highZ, lowZ;
      multiply(highX, lowX, counter.x, 0xd2511f53u);
      multiply(highZ, lowZ, counter.z, 0xcd9e8d57u);
      counter = make_uint4(exclusiveOr(highZ, counter.y, keyX[round]), lowZ,
                           exclusiveOr(highX, counter.w, keyY[round]), lowX);
    }
    return counter;
  }
};

}  // namespace lockstep
