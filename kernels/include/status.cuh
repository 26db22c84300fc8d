// How a kernel tells the host about a bad target or index: a 64-bit word, all ones when all is
// well, else row << 32 | value of the lowest bad row. The minimum does not depend on the order in
// which threads arrive.
#pragma once

#include "storage.cuh"

namespace lockstep {

// Rows from 2^32 - 1 on are reported as 2^32 - 1.
__device__ __forceinline__ void reportBadValue(u64* status, i64 row, int value) {
  const u64 place = row < 0xffffffffLL ? static_cast<u64>(row) : 0xffffffffULL;
  atomicMin(status, place << 32 | static_cast<u32>(value));
}

}  // namespace lockstep
