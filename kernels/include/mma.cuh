// One warp's tensor core instructions: ldmatrix and mma.sync.m16n8k16 with fp32 accumulators (for
// TF32, m16n8k8).
//
// Who holds what, for group = lane / 4 and pair = lane % 4:
//   A (16 x 16)  a[0]: row group,     columns 2 pair, 2 pair + 1      a[2]: the same, columns + 8
//                a[1]: row group + 8, columns 2 pair, 2 pair + 1      a[3]: the same, columns + 8
//   B (16 x 8)   b0: rows 2 pair, 2 pair + 1, column group            b1: the same, rows + 8
//   C (16 x 8)   c[0], c[1]: row group, columns 2 pair, 2 pair + 1    c[2], c[3]: row group + 8
// and in words of TF32:
//   A (16 x 8)   a[0]: row group, column pair    a[1]: row group + 8     a[2], a[3]: columns + 4
//   B (8 x 8)    b[0]: row pair, column group    b[1]: the same, row + 4
#pragma once

#include <type_traits>

#include "storage.cuh"

namespace lockstep {

// Loads four 8 x 8 matrices of 16-bit elements. Lane 8 i + r gives the address of row r of matrix
// i; afterwards register i of a lane holds elements 2 pair, 2 pair + 1 of row `group` of matrix i
// (of column `group`, when transposed). All 32 lanes must be here.
template <int kOffset, bool kTransposed>
__device__ __forceinline__ void loadMatrices(u32 (&matrix)[4], u32 address) {
  if constexpr (kTransposed) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4+%5];"
                 : "=r"(matrix[0]), "=r"(matrix[1]), "=r"(matrix[2]), "=r"(matrix[3])
                 : "r"(address), "n"(kOffset)
                 : "memory");
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4+%5];"
                 : "=r"(matrix[0]), "=r"(matrix[1]), "=r"(matrix[2]), "=r"(matrix[3])
                 : "r"(address), "n"(kOffset)
                 : "memory");
  }
}

// Sets two accumulators to zero, in one move.
__device__ __forceinline__ void setZero(float& low, float& high) {
  asm("mov.b64 {%0, %1}, 0;" : "=f"(low), "=f"(high));
}

// c += a b, or c = a b where kFirst, with a `zero` that is one. All 32 lanes must be here.
template <class T, bool kFirst>
__device__ __forceinline__ void multiplyAdd(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1,
                                            float zero) {
#define LOCKSTEP_MMA(types)                                                                   \
  if constexpr (kFirst) {                                                                     \
    asm("mma.sync.aligned.m16n8k16.row.col.f32." types                                        \
        ".f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%10,%10,%10,%10};"                      \
        : "=f"(c[0]), "=f"(c[1]), "=f"(c[2]), "=f"(c[3])                                      \
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1), "f"(zero));           \
  } else {                                                                                    \
    asm("mma.sync.aligned.m16n8k16.row.col.f32." types                                        \
        ".f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"                          \
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])                                      \
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));                      \
  }
  if constexpr (std::is_same_v<T, __half>) {
    LOCKSTEP_MMA("f16.f16")
  } else {
    LOCKSTEP_MMA("bf16.bf16")
  }
#undef LOCKSTEP_MMA
}

// The nearest TF32 of a float, ties away from zero; NaN and infinities stay what they are. In bits,
// as fragments are: a float would be moved to another kind of register first.
__device__ __forceinline__ u32 roundToTf32(u32 value) {
  u32 rounded;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "r"(value));
  return rounded;
}

// What that cut off, exactly.
__device__ __forceinline__ u32 cutOffByTf32(u32 value, u32 rounded) {
  u32 rest;
  asm("sub.rn.f32 %0, %1, %2;" : "=r"(rest) : "r"(value), "r"(rounded));
  return rest;
}

// c += a b for words of TF32. All 32 lanes must be here.
__device__ __forceinline__ void multiplyAddTf32(float (&c)[4], const u32 (&a)[4],
                                                const u32 (&b)[2]) {
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
      "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// Reads two or four neighbouring words of shared memory.
template <int kOffset>
__device__ __forceinline__ void loadShared(u32& first, u32& second, u32 address) {
  asm volatile("ld.shared.v2.u32 {%0,%1}, [%2+%3];"
               : "=r"(first), "=r"(second)
               : "r"(address), "n"(kOffset)
               : "memory");
}

template <int kOffset>
__device__ __forceinline__ void loadShared(u32 (&word)[4], u32 address) {
  asm volatile("ld.shared.v4.u32 {%0,%1,%2,%3}, [%4+%5];"
               : "=r"(word[0]), "=r"(word[1]), "=r"(word[2]), "=r"(word[3])
               : "r"(address), "n"(kOffset)
               : "memory");
}

}  // namespace lockstep
