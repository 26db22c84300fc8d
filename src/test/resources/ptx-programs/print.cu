// What the compiler makes of printf and assert: make -C kernels.

#include <assert.h>
#include <stdio.h>

extern "C" __global__ void print(int n) {
  int t = threadIdx.x;
  printf("block %d thread %2d of %u: %s\n", blockIdx.x, t, blockDim.x, t & 1 ? "odd" : "even");
  if (t == 0) printf("%d%% %-6.2f|%08x|%lld|%c|%p\n", n, 1.5f * n, n, 1234567890123LL, 'x', (void*)0);
}

extern "C" __global__ void check(int n) {
  assert(threadIdx.x < n && "too many threads");
}
