// A table of tensors that one launch works through in chunks of equal size.
#pragma once

#include "storage.cuh"

namespace lockstep {

// Elements of a chunk. Fixed, so that sums over chunks do not depend on the device.
constexpr i64 kChunkElements = 16384;

// One tensor of the table, which is ordered by firstChunk. It owns the chunks from firstChunk up to
// the next tensor's; an empty tensor owns none.
struct TensorSlice {
  u64 address;
  i64 count;  // elements
  i64 firstChunk;
};
static_assert(sizeof(TensorSlice) == 24, "the host lays out the same 24 bytes");

// The tensor that owns chunk: the last one whose firstChunk is not beyond it. Empty tensors share
// the firstChunk of the owner that follows them, so the last is the owner.
__device__ __forceinline__ int ownerOfChunk(const TensorSlice* table, int tensors, i64 chunk) {
  int low = 0;
  int high = tensors;
  while (high - low > 1) {
    const int middle = low + (high - low) / 2;
    if (table[middle].firstChunk <= chunk) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace lockstep
