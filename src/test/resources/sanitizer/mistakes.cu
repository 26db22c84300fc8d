// Kernels with one mistake each, and beside each its clean twin, whose name ends in _right.
// Compiled by make -C kernels.
#include <cuda_pipeline_primitives.h>

extern "C" __global__ void past_the_end(float* x, int n) {
  int i = threadIdx.x;
  x[i == 3 ? n : i] = 1.f;
}

extern "C" __global__ void past_the_end_right(float* x, int n) {
  int i = threadIdx.x;
  x[i == 3 ? n - 1 : i] = 1.f;
}

extern "C" __global__ void reversed(float* y) {
  __shared__ volatile float sh[256];
  int t = threadIdx.x;
  sh[t] = t;
  y[t] = sh[255 - t];
}

extern "C" __global__ void reversed_right(float* y) {
  __shared__ volatile float sh[256];
  int t = threadIdx.x;
  sh[t] = t;
  __syncthreads();
  y[t] = sh[255 - t];
}

// Read, then written by another warp before all have read.
extern "C" __global__ void rotated(int* y) {
  __shared__ volatile int sh[256];
  int t = threadIdx.x;
  sh[t] = t;
  __syncthreads();
  int next = sh[(t + 64) % 256];
  sh[t] = next + 1;
  __syncthreads();
  y[t] = sh[t];
}

extern "C" __global__ void rotated_right(int* y) {
  __shared__ volatile int sh[256];
  int t = threadIdx.x;
  sh[t] = t;
  __syncthreads();
  int next = sh[(t + 64) % 256];
  __syncthreads();
  sh[t] = next + 1;
  __syncthreads();
  y[t] = sh[t];
}

// The tree of old, which took a warp's lanes to run in step.
extern "C" __global__ void warp_tree(int* y) {
  __shared__ volatile int sh[64];
  int t = threadIdx.x;
  sh[t] = t;
  sh[t + 32] = 0;
  for (int k = 16; k > 0; k >>= 1) {
    sh[t] += sh[t + k];
  }
  y[t] = sh[0];
}

extern "C" __global__ void warp_tree_right(int* y) {
  __shared__ volatile int sh[64];
  int t = threadIdx.x;
  sh[t] = t;
  sh[t + 32] = 0;
  for (int k = 16; k > 0; k >>= 1) {
    __syncwarp();
    int other = sh[t + k];
    __syncwarp();
    sh[t] += other;
  }
  __syncwarp();
  y[t] = sh[0];
}

extern "C" __global__ void half_written(float* y) {
  __shared__ volatile float sh[256];
  int t = threadIdx.x;
  if (t < 128) sh[t] = t;
  __syncthreads();
  y[t] = sh[255 - t];
}

extern "C" __global__ void half_written_right(float* y) {
  __shared__ volatile float sh[256];
  int t = threadIdx.x;
  if (t < 128) sh[t] = t;
  else sh[t] = 0;
  __syncthreads();
  y[t] = sh[255 - t];
}

extern "C" __global__ void accumulated(float* y, const float* x) {
  y[blockIdx.x * blockDim.x + threadIdx.x] += x[threadIdx.x];
}

extern "C" __global__ void accumulated_right(float* y, const float* x) {
  y[blockIdx.x * blockDim.x + threadIdx.x] = x[threadIdx.x];
}

// A stack array of which one element is never set.
extern "C" __global__ void stack(int* y, const int* x) {
  int a[8];
  for (int i = 0; i < 7; i++) a[x[i]] = i;
  y[threadIdx.x] = a[threadIdx.x % 8];
}

extern "C" __global__ void stack_right(int* y, const int* x) {
  int a[8];
  for (int i = 0; i < 8; i++) a[x[i]] = i;
  y[threadIdx.x] = a[threadIdx.x % 8];
}

extern "C" __global__ void histogram(int* y, const int* x) {
  __shared__ int bins[64];
  int t = threadIdx.x;
  if (t < 64) bins[t] = 0;
  __syncthreads();
  atomicAdd(&bins[x[t] & 63], 1);
  if (t < 64) y[t] = bins[t];
}

extern "C" __global__ void histogram_right(int* y, const int* x) {
  __shared__ int bins[64];
  int t = threadIdx.x;
  if (t < 64) bins[t] = 0;
  __syncthreads();
  atomicAdd(&bins[x[t] & 63], 1);
  __syncthreads();
  if (t < 64) y[t] = bins[t];
}

// Dynamic shared memory; a counter taken by atomicAdd that nobody set to 0.
extern "C" __global__ void counter(int* y) {
  extern __shared__ int shared[];
  if (atomicAdd(&shared[0], 1) == 0) y[0] = 1;
}

extern "C" __global__ void counter_right(int* y) {
  extern __shared__ int shared[];
  if (threadIdx.x == 0) shared[0] = 0;
  __syncthreads();
  if (atomicAdd(&shared[0], 1) == 0) y[0] = 1;
}

extern "C" __global__ void copied(float4* y, const float4* x) {
  __shared__ float4 sh[256];
  int t = threadIdx.x;
  __pipeline_memcpy_async(&sh[t], &x[t], 16);
  __pipeline_commit();
  y[t] = sh[t];
}

extern "C" __global__ void copied_right(float4* y, const float4* x) {
  __shared__ float4 sh[256];
  int t = threadIdx.x;
  __pipeline_memcpy_async(&sh[t], &x[t], 16);
  __pipeline_commit();
  __pipeline_wait_prior(0);
  y[t] = sh[t];
}

// Waited for, but read by another thread without a barrier.
extern "C" __global__ void copied_for_others(float4* y, const float4* x) {
  __shared__ float4 sh[256];
  int t = threadIdx.x;
  __pipeline_memcpy_async(&sh[t], &x[t], 16);
  __pipeline_commit();
  __pipeline_wait_prior(0);
  y[t] = sh[255 - t];
}

extern "C" __global__ void copied_for_others_right(float4* y, const float4* x) {
  __shared__ float4 sh[256];
  int t = threadIdx.x;
  __pipeline_memcpy_async(&sh[t], &x[t], 16);
  __pipeline_commit();
  __pipeline_wait_prior(0);
  __syncthreads();
  y[t] = sh[255 - t];
}

// A pipeline of two stages whose stage is filled again before all have read it.
template <bool RIGHT>
__device__ void pipeline(float* y, const float* x, int tiles) {
  __shared__ float sh[2][128];
  int t = threadIdx.x;
  __pipeline_memcpy_async(&sh[0][t], &x[t], 4);
  __pipeline_commit();
  float sum = 0;
  for (int k = 0; k < tiles; k++) {
    if (k + 1 < tiles) __pipeline_memcpy_async(&sh[(k + 1) % 2][t], &x[(k + 1) * 128 + t], 4);
    __pipeline_commit();
    __pipeline_wait_prior(1);
    __syncthreads();
    sum += sh[k % 2][127 - t];
    if (RIGHT) __syncthreads();
  }
  y[t] = sum;
}

extern "C" __global__ void two_stages(float* y, const float* x, int tiles) {
  pipeline<false>(y, x, tiles);
}

extern "C" __global__ void two_stages_right(float* y, const float* x, int tiles) {
  pipeline<true>(y, x, tiles);
}

extern "C" __global__ void divergent(float* y) {
  __shared__ volatile float sh[256];
  int t = threadIdx.x;
  sh[t] = t;
  if (t < 100) __syncthreads();
  y[t] = sh[255 - t];
}

extern "C" __global__ void divergent_right(float* y) {
  __shared__ volatile float sh[256];
  int t = threadIdx.x;
  sh[t] = t;
  __syncthreads();
  y[t] = sh[255 - t];
}

// A lock that orders its holders only with the fence.
template <bool RIGHT>
__device__ void locked(int* y) {
  __shared__ int lock, count;
  if (threadIdx.x == 0) lock = count = 0;
  __syncthreads();
  if (threadIdx.x % 32 == 0) {
    while (atomicCAS(&lock, 0, 1) != 0) {}
    if (RIGHT) __threadfence_block();
    *(volatile int*)&count = *(volatile int*)&count + 1;
    if (RIGHT) __threadfence_block();
    atomicExch(&lock, 0);
  }
  __syncthreads();
  y[threadIdx.x] = count;
}

extern "C" __global__ void lock_holders(int* y) { locked<false>(y); }

extern "C" __global__ void lock_holders_right(int* y) { locked<true>(y); }

// Sixteen-bit neighbours in one word belong to two threads, and a flag that all raise alike.
extern "C" __global__ void neighbours_right(short* y) {
  __shared__ short sh[256];
  __shared__ int flag;
  int t = threadIdx.x;
  sh[t] = t;
  sh[t] += 1;
  flag = 1;
  __syncthreads();
  y[t] = sh[255 - t] + flag;
}

// A flag each thread sets to its own number.
extern "C" __global__ void last_one(int* y) {
  __shared__ int flag;
  flag = threadIdx.x;
  __syncthreads();
  y[threadIdx.x] = flag;
}

// Half the warps make, half take; they meet at two named barriers. The wrong one gives its place
// back before it has taken what is there.
template <bool RIGHT>
__device__ void producer(int* y) {
  __shared__ int sh[64];
  int t = threadIdx.x;
  for (int k = 0; k < 4; k++) {
    if (t < 64) {
      if (k > 0) asm volatile("bar.sync 2, 128;" ::: "memory");
      sh[t] = k * t;
      asm volatile("bar.arrive 1, 128;" ::: "memory");
    } else {
      asm volatile("bar.sync 1, 128;" ::: "memory");
      if (!RIGHT && k < 3) asm volatile("bar.arrive 2, 128;" ::: "memory");
      y[t - 64] = sh[127 - t];
      if (RIGHT && k < 3) asm volatile("bar.arrive 2, 128;" ::: "memory");
    }
  }
}

extern "C" __global__ void warps_specialized(int* y) { producer<false>(y); }

extern "C" __global__ void warps_specialized_right(int* y) { producer<true>(y); }

// Sums of a block by shuffles, then by the first warp.
extern "C" __global__ void block_sum_right(int* y, const int* x) {
  __shared__ int partial[32];
  int t = threadIdx.x, sum = x[t];
  for (int k = 16; k > 0; k >>= 1) sum += __shfl_xor_sync(~0u, sum, k);
  if (t % 32 == 0) partial[t / 32] = sum;
  __syncthreads();
  if (t < 32) {
    sum = t < blockDim.x / 32 ? partial[t] : 0;
    for (int k = 16; k > 0; k >>= 1) sum += __shfl_xor_sync(~0u, sum, k);
    if (t == 0) y[0] = sum;
  }
}
