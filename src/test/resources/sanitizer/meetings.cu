// Kernels about who has met whom: each whose name ends in _wrong has a mistake, the others have none.
// Compiled to meetings.ptx and, unoptimised, to meetings.O0.ptx by make -C kernels.
#include <cuda_fp16.h>
#include <cuda_pipeline_primitives.h>
#include <mma.h>
#define KERNEL extern "C" __global__ void
using u32 = unsigned;

__device__ u32 smem(const void*p) {
  return (u32) __cvta_generic_to_shared(p);
}

__device__ u32 ldm(u32 a) {
  u32 r;
  asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];" : "=r"(r) : "r"(a));
  return r;
}

KERNEL ldm(u32*o) {
  __shared__ __align__(16) __half s[64];
  s[threadIdx.x] = __float2half(1);
  s[32+threadIdx.x] = __float2half(2);
  __syncwarp();
  o[threadIdx.x] = ldm(smem(s + 8*(threadIdx.x&7)));
}

KERNEL ldm_wrong(u32*o) {
  __shared__ __align__(16) __half s[64];
  s[threadIdx.x] = __float2half(1);
  if (threadIdx.x != 9) s[32+threadIdx.x] = __float2half(2);
  __syncwarp();
  o[threadIdx.x] = ldm(smem(s + 8*(threadIdx.x&7)));
}

KERNEL ldm_race_wrong(u32*o) {
  __shared__ __align__(16) __half s[64];
  s[threadIdx.x] = __float2half(1);
  s[32+threadIdx.x] = __float2half(2);
  o[threadIdx.x] = ldm(smem(s + 8*(threadIdx.x&7)));
}

KERNEL cpa(int*o, const int*in) {
  __shared__ __align__(16) int s[256];
  __pipeline_memcpy_async(&s[4*threadIdx.x], &in[4*threadIdx.x], 16, threadIdx.x&1 ? 8 : 0);
  __pipeline_commit();
  __pipeline_wait_prior(0);
  __syncthreads();
  o[threadIdx.x] = s[255-threadIdx.x]+s[threadIdx.x];
}

KERNEL cpa_wrong(int*o, const int*in) {
  __shared__ __align__(16) int s[256];
  __pipeline_memcpy_async(&s[4*threadIdx.x], &in[4*threadIdx.x], 16, threadIdx.x&1 ? 8 : 0);
  __pipeline_commit();
  __syncthreads();
  o[threadIdx.x] = s[255-threadIdx.x]+s[threadIdx.x];
}

KERNEL ws_mask(int*o) {
  __shared__ int s[32];
  if (threadIdx.x < 16) {
    s[threadIdx.x] = threadIdx.x;
    __syncwarp(0xffff);
    o[threadIdx.x] = s[15-threadIdx.x];
  }
}

KERNEL ws_mask_wrong(int*o) {
  __shared__ int s[32];
  s[threadIdx.x] = threadIdx.x;
  if (threadIdx.x < 16) {
    __syncwarp(0xffff);
    o[threadIdx.x] = s[31-threadIdx.x];
  }
}

KERNEL ws_half_wrong(int*o) {
  __shared__ int s[32];
  s[threadIdx.x] = threadIdx.x;
  u32 m = threadIdx.x < 16 ? 0xffff : 0xffff0000;
  __syncwarp(m);
  o[threadIdx.x] = s[31-threadIdx.x];
}

#define ARRIVE(b,n) asm volatile("bar.arrive %0, %1;" :: "r"(b),"r"(n) : "memory")
#define SYNC(b,n) asm volatile("bar.sync %0, %1;" :: "r"(b),"r"(n) : "memory")
KERNEL nb(int*o) {
  __shared__ int s[32];
  for(int k=0;k<3;k++) {
    if (threadIdx.x<32) {
      if(k) SYNC(2,64);
      s[threadIdx.x]=k*threadIdx.x;
      ARRIVE(1,64);
    } else {
      SYNC(1,64);
      o[threadIdx.x]=s[63-threadIdx.x];
      if (k<2) ARRIVE(2,64);
    }
  }
}

KERNEL nb_wrong(int*o) {
  __shared__ int s[32];
  for(int k=0;k<3;k++) {
    if (threadIdx.x<32) {
      s[threadIdx.x]=k*threadIdx.x;
      ARRIVE(1,64);
    } else {
      SYNC(1,64);
      o[threadIdx.x]=s[63-threadIdx.x];
    }
  }
}

KERNEL fl(int*o) {
  __shared__ volatile int f;
  __shared__ int d;
  if(!threadIdx.x) f=0;
  __syncthreads();
  if (threadIdx.x==32) {
    d=5;
    __threadfence_block();
    f=1;
  }
  if (threadIdx.x==0) {
    while(!f);
    __threadfence_block();
    o[0]=d;
  }
}

KERNEL fl_two(int*o) {
  __shared__ volatile int f;
  __shared__ int d;
  if(!threadIdx.x) f=0;
  __syncthreads();
  for (int k=1;k<4;k++) {
    if (threadIdx.x==32) {
      while (f!=2*k-2);
      d=k;
      __threadfence_block();
      f=2*k-1;
    }
    if (threadIdx.x==0) {
      while(f!=2*k-1);
      __threadfence_block();
      o[k]=d;
      __threadfence_block();
      f=2*k;
    }
  }
}

KERNEL fl_fence_wrong(int*o) {
  __shared__ volatile int s[64];
  s[threadIdx.x]=threadIdx.x;
  __threadfence_block();
  o[threadIdx.x]=s[63-threadIdx.x];
}

KERNEL fl_nofence_wrong(int*o) {
  __shared__ volatile int f;
  __shared__ int d;
  if(!threadIdx.x) f=0;
  __syncthreads();
  if (threadIdx.x==32) {
    d=5;
    f=1;
  }
  if (threadIdx.x==0) {
    while(!f);
    o[0]=d;
  }
}

KERNEL wm_race_wrong(float*o) {
  using namespace nvcuda::wmma;
  __shared__ __half s[256];
  for(int k=threadIdx.x;k<256;k+=32) s[k]=__float2half(1);
  fragment<matrix_a,16,16,16,__half,row_major> a;
  load_matrix_sync(a,s,16);
  o[threadIdx.x]=__half2float(a.x[0]);
}
