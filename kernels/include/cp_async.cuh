// Copies from global to shared memory that bypass registers and complete in the background.
//
// Offsets that are constants ride inside the instruction: a loop that keeps its addresses in
// registers then spends one instruction on a copy, whatever it copies.
#pragma once

#include "storage.cuh"

namespace lockstep {

// A shared-memory address as the 32-bit number PTX instructions take.
__device__ __forceinline__ u32 sharedAddress(const void* pointer) {
  return static_cast<u32>(__cvta_generic_to_shared(pointer));
}

// Starts copying 16 bytes; both addresses must be multiples of 16. kTo and kFrom are added to them.
template <int kTo, int kFrom>
__device__ __forceinline__ void copyAsync16(u32 target, const void* source) {
  asm volatile("cp.async.cg.shared.global [%0+%2], [%1+%3], 16;" ::"r"(target), "l"(source),
               "n"(kTo), "n"(kFrom)
               : "memory");
}

// The same for the first `bytes` (0 to 16) of the source; the rest of the target becomes zero.
template <int kTo, int kFrom>
__device__ __forceinline__ void copyAsync16(u32 target, const void* source, u32 bytes) {
  asm volatile("cp.async.cg.shared.global [%0+%3], [%1+%4], 16, %2;" ::"r"(target), "l"(source),
               "r"(bytes), "n"(kTo), "n"(kFrom)
               : "memory");
}

// Closes this thread's current group of copies, be it empty.
__device__ __forceinline__ void commitCopies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}

// Waits until at most kPending of this thread's groups, the youngest, are on their way. The copies
// of other threads are only visible after a barrier that follows their wait.
template <int kPending>
__device__ __forceinline__ void waitForCopies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

// Waits until none of this thread's copies is on its way, in a group or not.
__device__ __forceinline__ void waitForAllCopies() {
  asm volatile("cp.async.wait_all;" ::: "memory");
}

}  // namespace lockstep
