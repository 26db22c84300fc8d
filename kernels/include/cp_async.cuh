// Copies from global to shared memory that bypass registers and complete in the background.
#pragma once

#include "storage.cuh"

namespace lockstep {

// A shared-memory address as the 32-bit number PTX instructions take.
__device__ __forceinline__ u32 sharedAddress(const void* pointer) {
  return static_cast<u32>(__cvta_generic_to_shared(pointer));
}

// Starts copying 16 bytes; both addresses must be multiples of 16. kOffset is a constant added to
// the target inside the instruction.
template <int kOffset>
__device__ __forceinline__ void copyAsync16(u32 target, const void* source) {
  asm volatile("cp.async.cg.shared.global [%0+%2], [%1], 16;" ::"r"(target), "l"(source),
               "n"(kOffset)
               : "memory");
}

// The same for the first `bytes` (0 to 16) of the source; the rest of the target becomes zero.
__device__ __forceinline__ void copyAsync16(u32 target, const void* source, u32 bytes) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(target), "l"(source),
               "r"(bytes)
               : "memory");
}

// Waits for all copies this thread has started. Those of other threads are only visible after a
// barrier that follows their wait.
__device__ __forceinline__ void waitForCopies() {
  asm volatile("cp.async.wait_all;" ::: "memory");
}

}  // namespace lockstep
