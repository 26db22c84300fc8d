// Kernels about values that are not there, or not yet: each whose name ends in _wrong has a mistake,
// the others have none. Compiled to values.ptx and, unoptimised, to
// values.O0.ptx by make -C kernels.
#include <cuda_fp16.h>
#define KERNEL extern "C" __global__ void
using u32 = unsigned;
struct S { char c; int i; short s; };
struct D { int a; double b; };
union U { int i; float f; unsigned char b[4]; };
struct B { u32 a:3; u32 b:7; u32 c:12; u32 d:10; };

// --- structs through functions
__device__ __noinline__ S make(int k) {
  S s;
  s.c = k;
  s.i = k;
  s.s = k;
  return s;
}

__device__ __noinline__ S make_part(int k) {
  S s;
  s.c = k;
  s.s = k;
  return s;
}

__device__ __noinline__ int sum(S s) {
  return s.c + s.i + s.s;
}

__device__ __noinline__ int pick(S s) {
  return s.c + s.s;
}

KERNEL fn_struct(int*o) {
  o[threadIdx.x] = sum(make(threadIdx.x));
}

KERNEL fn_struct_wrong(int*o) {
  o[threadIdx.x] = sum(make_part(threadIdx.x));
}

KERNEL fn_struct_pick(int*o) {
  o[threadIdx.x] = pick(make_part(threadIdx.x));
}

__device__ __noinline__ void set(int* p, bool yes) {
  if (yes) *p = 3;
}

KERNEL fn_out(int*o) {
  int x;
  set(&x, o != nullptr);
  o[threadIdx.x] = x;
}

KERNEL fn_out_wrong(int*o) {
  int x;
  set(&x, threadIdx.x != 5);
  o[threadIdx.x] = x;
}

KERNEL fn_out_sum_wrong(int*o) {
  int x;
  set(&x, threadIdx.x != 5);
  o[threadIdx.x] = x + 1;
}

__device__ __noinline__ int maybe(int k) {
  int x;
  if (k != 7) x = k;
  return x;
}

KERNEL fn_ret(int*o) {
  int v = maybe(threadIdx.x);
  if (threadIdx.x != 7) o[threadIdx.x] = v;
}

KERNEL fn_ret_add(int*o) {
  int v = maybe(threadIdx.x) + 1;
  if (threadIdx.x != 7) o[threadIdx.x] = v;
}

__device__ __noinline__ int twice(int x) {
  return x * 2;
}

KERNEL fn_arg(int*o) {
  int x;
  if (threadIdx.x < 8) x = threadIdx.x;
  int y = twice(x);
  if (threadIdx.x < 8) o[threadIdx.x] = y;
}

KERNEL fn_stack2(int*o, const int*in) {
  int a[8];
  for (int k=0;k<8;k++) a[k]=in[k];
  o[threadIdx.x] = a[in[threadIdx.x]&7];
}

__device__ __noinline__ int second(const int*in, bool fill) {
  int a[8];
  if (fill) for (int k=0;k<8;k++) a[k]=in[k];
  return a[(in[0]+threadIdx.x)&7];
}

KERNEL fn_frames(int*o, const int*in) {
  o[threadIdx.x] = second(in, true) + second(in, true);
}

KERNEL fn_frames_wrong(int*o, const int*in) {
  int v = second(in, true);
  o[threadIdx.x] = v + second(in, in == nullptr);
}

// --- unions, bit fields
KERNEL un(float*o) {
  __shared__ U u[64];
  u[threadIdx.x].i = threadIdx.x;
  __syncthreads();
  o[threadIdx.x] = u[63-threadIdx.x].f;
}

KERNEL un_bytes(int*o) {
  __shared__ U u[64];
  for (int k=0;k<4;k++) u[threadIdx.x].b[k]=threadIdx.x;
  __syncthreads();
  o[threadIdx.x] = u[63-threadIdx.x].i;
}

KERNEL un_bytes_wrong(int*o) {
  __shared__ U u[64];
  for (int k=0;k<3;k++) u[threadIdx.x].b[k]=threadIdx.x;
  __syncthreads();
  o[threadIdx.x] = u[63-threadIdx.x].i + 1;
}

KERNEL bits(int*o) {
  B x;
  x.a = threadIdx.x;
  x.b = threadIdx.x;
  o[threadIdx.x] = x.a + x.b;
}

KERNEL bits_shared(int*o) {
  __shared__ B x[64];
  x[threadIdx.x].a = threadIdx.x;
  x[threadIdx.x].b = threadIdx.x;
  __syncthreads();
  o[threadIdx.x] = x[63-threadIdx.x].a + x[63-threadIdx.x].b;
}

KERNEL bits_global(B*o) {
  o[threadIdx.x].a = threadIdx.x;
  o[threadIdx.x].b = threadIdx.x;
  o[threadIdx.x].c = 1;
  o[threadIdx.x].d=2;
}

KERNEL bits_global_2(B*o) {
  ((int*)o)[64+threadIdx.x] = o[threadIdx.x].a + o[threadIdx.x].c;
}

// --- copies and then use
KERNEL cp_use(int*o) {
  __shared__ D s[64], q[64];
  s[threadIdx.x].a = threadIdx.x;
  s[threadIdx.x].b = threadIdx.x;
  __syncthreads();
  q[threadIdx.x] = s[63-threadIdx.x];
  __syncthreads();
  o[threadIdx.x] = q[threadIdx.x^1].a + (int) q[threadIdx.x].b;
}

KERNEL cp_use_wrong(int*o) {
  __shared__ D s[64], q[64];
  s[threadIdx.x].b = threadIdx.x;
  __syncthreads();
  q[threadIdx.x] = s[63-threadIdx.x];
  __syncthreads();
  o[threadIdx.x] = q[threadIdx.x^1].a + (int) q[threadIdx.x].b;
}

KERNEL cp_glob(D*o) {
  D d;
  d.a = threadIdx.x;
  d.b = threadIdx.x;
  o[threadIdx.x] = d;
}

KERNEL cp_glob_2(D*o) {
  D d = o[threadIdx.x];
  o[64+threadIdx.x] = d;
}

KERNEL cp_glob_3(D*o) {
  D d = o[64+threadIdx.x];
  o[128+threadIdx.x].a = d.a + (int) d.b;
  o[128+threadIdx.x].b = d.b;
}

KERNEL cpg_wrong(D*o) {
  o[threadIdx.x].b = threadIdx.x;
}

KERNEL cpg_wrong_2(D*o) {
  D d = o[threadIdx.x];
  o[64+threadIdx.x] = d;
}

KERNEL cpg_wrong_3(D*o) {
  D d = o[64+threadIdx.x];
  o[128+threadIdx.x].a = d.a + (int) d.b;
}

// --- float3 in shared
KERNEL f3(float3*o) {
  __shared__ float3 s[64];
  s[threadIdx.x] = make_float3(threadIdx.x,1,2);
  __syncthreads();
  o[threadIdx.x] = s[63-threadIdx.x];
}

KERNEL f3_wrong(float3*o) {
  __shared__ float3 s[64];
  s[threadIdx.x].x = threadIdx.x;
  s[threadIdx.x].z = 1;
  __syncthreads();
  o[threadIdx.x] = s[63-threadIdx.x];
}

KERNEL d3(double3*o) {
  __shared__ double3 s[64];
  s[threadIdx.x] = make_double3(threadIdx.x,1,2);
  __syncthreads();
  o[threadIdx.x] = s[63-threadIdx.x];
}

KERNEL d3_wrong(double3*o) {
  __shared__ double3 s[64];
  s[threadIdx.x].x = threadIdx.x;
  s[threadIdx.x].y = 1;
  __syncthreads();
  o[threadIdx.x] = s[63-threadIdx.x];
}

KERNEL f4w(float4*o) {
  __shared__ float4 s[64];
  s[threadIdx.x] = make_float4(threadIdx.x,1,2,3);
  __syncthreads();
  o[threadIdx.x] = s[63-threadIdx.x];
}

KERNEL f4w_wrong(float4*o) {
  __shared__ float4 s[64];
  s[threadIdx.x].x = threadIdx.x;
  s[threadIdx.x].z = 1;
  __syncthreads();
  float4 v = s[63-threadIdx.x];
  v.x += v.y;
  o[threadIdx.x] = v;
}

KERNEL f4xyz(float*o) {
  __shared__ float4 s[64];
  s[threadIdx.x].x = threadIdx.x;
  s[threadIdx.x].y = 1;
  s[threadIdx.x].z = 2;
  __syncthreads();
  float4 v = s[63-threadIdx.x];
  o[threadIdx.x] = v.x+v.y+v.z;
}

// --- half2 halves apart
KERNEL h2(float*o) {
  __shared__ __half2 s[64];
  s[threadIdx.x].x = __float2half(threadIdx.x);
  s[threadIdx.x].y = __float2half(1.f);
  __syncthreads();
  __half2 v = s[63-threadIdx.x];
  o[threadIdx.x] = __low2float(v) + __high2float(v);
}

KERNEL h2_lo(float*o) {
  __shared__ __half2 s[64];
  s[threadIdx.x].x = __float2half(threadIdx.x);
  __syncthreads();
  __half2 v = s[63-threadIdx.x];
  o[threadIdx.x] = __low2float(v);
}

KERNEL h2_wrong(float*o) {
  __shared__ __half2 s[64];
  s[threadIdx.x].x = __float2half(threadIdx.x);
  __syncthreads();
  __half2 v = s[63-threadIdx.x];
  o[threadIdx.x] = __low2float(v) + __high2float(v);
}

KERNEL h2_mul_wrong(float*o) {
  __shared__ __half2 s[64];
  s[threadIdx.x].x = __float2half(threadIdx.x);
  __syncthreads();
  __half2 v = __hmul2(s[63-threadIdx.x], s[63-threadIdx.x]);
  o[threadIdx.x] = __high2float(v);
}

// --- memset/memcpy
KERNEL ms(int*o) {
  int a[16];
  memset(a, 0, sizeof a);
  a[threadIdx.x&15] = threadIdx.x;
  o[threadIdx.x] = a[(threadIdx.x+1)&15];
}

KERNEL ms_wrong(int*o) {
  int a[16];
  memset(a, 0, 60);
  a[threadIdx.x&7] = threadIdx.x;
  o[threadIdx.x] = a[(threadIdx.x+1)&15];
}

KERNEL mc(int*o, const int*in) {
  int a[16];
  memcpy(a, in, sizeof a);
  o[threadIdx.x] = a[threadIdx.x&15];
}

KERNEL mc_sh(int*o, const int*in) {
  __shared__ int a[64];
  if (threadIdx.x==0) memcpy(a, in, sizeof a);
  __syncthreads();
  o[threadIdx.x] = a[threadIdx.x];
}

KERNEL mc_sh_wrong(int*o, const int*in) {
  __shared__ int a[64];
  if (threadIdx.x==0) memcpy(a, in, 60*4);
  __syncthreads();
  o[threadIdx.x] = a[threadIdx.x];
}

KERNEL mc_race_wrong(int*o, const int*in) {
  __shared__ int a[64];
  if (threadIdx.x==0) memcpy(a, in, sizeof a);
  o[threadIdx.x] = a[threadIdx.x];
}

// --- alloca / dynamic local
KERNEL al(int*o, const int*in, int n) {
  int* p = (int*) alloca(n*4);
  for (int k=0;k<n;k++) p[k]=in[k];
  int s=0;
  for(int k=0;k<n;k++) s+=p[k];
  o[threadIdx.x]=s;
}

KERNEL al_wrong(int*o, const int*in, int n) {
  int* p = (int*) alloca(n*4);
  for (int k=1;k<n;k++) p[k]=in[k];
  int s=0;
  for(int k=0;k<n;k++) s+=p[k];
  o[threadIdx.x]=s;
}

KERNEL dyn(int*o, const int*in) {
  int a[8];
  for(int k=0;k<8;k++) a[in[threadIdx.x]+k&7]=k;
  o[threadIdx.x]=a[threadIdx.x&7];
}

KERNEL dyn_wrong(int*o, const int*in) {
  int a[8];
  for(int k=0;k<7;k++) a[in[threadIdx.x]+k&7]=k;
  o[threadIdx.x]=a[threadIdx.x&7];
}

// --- bytes from words: masks
KERNEL mask(int*o) {
  __shared__ u32 s[64];
  ((char*)&s[threadIdx.x])[1] = threadIdx.x;
  __syncthreads();
  o[threadIdx.x] = s[63-threadIdx.x] >> 8 & 0xff;
}

KERNEL mask_wrong(int*o) {
  __shared__ u32 s[64];
  ((char*)&s[threadIdx.x])[1] = threadIdx.x;
  __syncthreads();
  o[threadIdx.x] = s[63-threadIdx.x] >> 4 & 0xff;
}

KERNEL glmask(u32*o) {
  ((char*)&o[threadIdx.x])[0] = threadIdx.x;
}

KERNEL glmask_2(u32*o) {
  o[64+threadIdx.x] = (o[threadIdx.x] & 0xff) + 1;
}

KERNEL glmask_wrong(u32*o) {
  ((char*)&o[threadIdx.x])[0] = threadIdx.x;
}

KERNEL glmask_wrong_2(u32*o) {
  o[64+threadIdx.x] = (o[threadIdx.x] & 0x1ff) + 1;
}
