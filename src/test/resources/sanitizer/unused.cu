// Kernels that read what is not there and let it lie: computed with, compared, multiplied as rows
// of a matrix. Those whose name ends in _wrong then use it after all. Compiled to unused.ptx and,
// unoptimised, to unused.O0.ptx by make -C kernels.
#include <cuda_fp16.h>
#include <mma.h>
#define KERNEL extern "C" __global__ void
using u32 = unsigned;

__device__ u32 smem(const void* p) {
  return (u32) __cvta_generic_to_shared(p);
}

// --- plain mistakes
KERNEL plain_wrong(float*o) {
  __shared__ float s[256];
  o[threadIdx.x] = s[threadIdx.x];
}

KERNEL last_wrong(float*o) {
  __shared__ float s[64];
  if (threadIdx.x < 63) s[threadIdx.x] = 1;
  __syncthreads();
  o[threadIdx.x] = s[threadIdx.x];
}

KERNEL neighbour_wrong(float*o) {
  __shared__ float s[65];
  s[threadIdx.x] = threadIdx.x;
  __syncthreads();
  float sum = s[threadIdx.x];
  sum += s[threadIdx.x+1];
  o[threadIdx.x] = sum;
}

KERNEL decide_wrong(int*o) {
  __shared__ int s[64];
  if (threadIdx.x != 3) s[threadIdx.x] = threadIdx.x;
  __syncthreads();
  if (s[threadIdx.x] > 9) o[threadIdx.x] = 1;
}

KERNEL index_wrong(int*o) {
  __shared__ int s[64];
  if (threadIdx.x != 3) s[threadIdx.x] = threadIdx.x;
  __syncthreads();
  o[s[threadIdx.x] & 63] = 1;
}

KERNEL add_wrong(int*o) {
  __shared__ int s[64];
  if (threadIdx.x != 3) s[threadIdx.x] = threadIdx.x;
  __syncthreads();
  atomicExch(o + threadIdx.x, s[threadIdx.x]);
}

KERNEL through_wrong(int*o) {
  __shared__ int s[64], q[64];
  if (threadIdx.x != 3) s[threadIdx.x] = threadIdx.x;
  __syncthreads();
  q[threadIdx.x] = 2*s[threadIdx.x];
  __syncthreads();
  o[threadIdx.x] = q[63-threadIdx.x] + 1;
}

// --- sums over a tile that is not full
__device__ void tile(float*o, int n, int stored) {
  __shared__ float s[64][9];
  if (threadIdx.x < n) for (int k=0;k<8;k++) s[threadIdx.x][k] = k;
  __syncthreads();
  float sum = 0;
  for (int k=0;k<8;k++) sum = fmaf(s[threadIdx.x][k], 2.f, sum);
  if (threadIdx.x < stored) o[threadIdx.x] = sum;
}

KERNEL tile_sums(float*o, const int*in, int n) {
  tile(o, n, n);
}

KERNEL tile_sums_wrong(float*o, const int*in, int n) {
  tile(o, n, n+1);
}

// --- keys compared before it is known whether there are any
__device__ void merge(int*o, int n, int taken) {
  __shared__ int s[130];
  if (threadIdx.x < n) s[threadIdx.x] = s[65+threadIdx.x] = threadIdx.x;
  __syncthreads();
  int a = s[threadIdx.x], b = s[65+threadIdx.x+1];
  bool there = threadIdx.x < taken, other = threadIdx.x+1 < taken;
  bool first = there & (!other | (a < b));
  int chosen = first ? a : 7;
  o[threadIdx.x] = chosen + 1;
}

KERNEL merge_keys(int*o, const int*in, int n) {
  merge(o, n, n);
}

KERNEL merge_keys_wrong(int*o, const int*in, int n) {
  merge(o, n, n+1);
}

KERNEL equal_keys(int*o) {
  __shared__ uchar2 s[64];
  s[threadIdx.x].x = threadIdx.x;
  __syncthreads();
  uchar2 v = s[threadIdx.x];
  short both = *(short*)&v;
  // Known to differ by the byte that is there.
  o[threadIdx.x] = both == (short) (0x5500 | 0xff);
}

// --- what lanes tell each other
KERNEL ballot_bits(u32*o) {
  __shared__ int s[32];
  if (threadIdx.x < 20) s[threadIdx.x] = threadIdx.x & 1;
  __syncwarp();
  o[threadIdx.x] = __ballot_sync(~0u, s[threadIdx.x]) & 0xfffff;
}

KERNEL ballot_bits_wrong(u32*o) {
  __shared__ int s[32];
  if (threadIdx.x < 20) s[threadIdx.x] = threadIdx.x & 1;
  __syncwarp();
  o[threadIdx.x] = __ballot_sync(~0u, s[threadIdx.x]) & 0x1fffff;
}

KERNEL shuffled(int*o) {
  __shared__ int s[32];
  if (threadIdx.x < 16) s[threadIdx.x] = threadIdx.x;
  __syncwarp();
  o[threadIdx.x] = __shfl_sync(~0u, s[threadIdx.x] + 1, threadIdx.x & 15);
}

KERNEL shuffled_wrong(int*o) {
  __shared__ int s[32];
  if (threadIdx.x < 16) s[threadIdx.x] = threadIdx.x;
  __syncwarp();
  o[threadIdx.x] = __shfl_xor_sync(~0u, s[threadIdx.x] + 1, 16);
}

// --- rows and columns of matrices
__device__ void product(float*o, int rows, int columns, int row, int column) {
  __shared__ __align__(16) __half a[16][16], b[8][16];
  for (int k=0;k<16;k++) {
    if (threadIdx.x < rows) a[threadIdx.x][k] = __float2half(1);
    if (threadIdx.x < columns) b[threadIdx.x][k] = __float2half(1);
  }
  __syncwarp();
  u32 x[4], y[2];
  float d[4] = {0,0,0,0};
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3]) : "r"(smem(&a[threadIdx.x&15][8*(threadIdx.x/16)])));
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];" : "=r"(y[0]), "=r"(y[1]) : "r"(smem(&b[threadIdx.x&7][8*(threadIdx.x/8%2)])));
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};" : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(x[0]), "r"(x[1]), "r"(x[2]), "r"(x[3]), "r"(y[0]), "r"(y[1]));
  for (int k=0;k<4;k++) {
    int r = threadIdx.x/4 + k/2*8, c = threadIdx.x%4*2 + k%2;
    if (r < row && c < column) o[8*r+c] = d[k];
  }
}

KERNEL mma_rows(float*o) {
  product(o, 11, 8, 11, 8);
}

KERNEL mma_rows_wrong(float*o) {
  product(o, 11, 8, 12, 8);
}

KERNEL mma_columns(float*o) {
  product(o, 16, 5, 16, 5);
}

KERNEL mma_columns_wrong(float*o) {
  product(o, 16, 5, 16, 6);
}

__device__ void wmma(float*o, int rows, int row) {
  using namespace nvcuda::wmma;
  __shared__ __align__(32) __half s[256], t[256];
  __shared__ __align__(32) float u[256];
  for (int k=threadIdx.x;k<256;k+=32) {
    if (k/16 < rows) s[k] = __float2half(1);
    t[k] = __float2half(2);
  }
  __syncwarp();
  fragment<matrix_a,16,16,16,__half,row_major> a;
  fragment<matrix_b,16,16,16,__half,row_major> b;
  fragment<accumulator,16,16,16,float> c;
  fill_fragment(c, 0.f);
  load_matrix_sync(a, s, 16);
  load_matrix_sync(b, t, 16);
  mma_sync(c, a, b, c);
  store_matrix_sync(u, c, 16, mem_row_major);
  __syncwarp();
  for (int k=threadIdx.x;k<16*row;k+=32) o[k] = u[k];
}

KERNEL wmma_rows(float*o) {
  wmma(o, 7, 7);
}

KERNEL wmma_rows_wrong(float*o) {
  wmma(o, 7, 8);
}

// --- bytes picked by a number in memory
struct P { char c; short s; };

KERNEL permuted(u32*o, const u32*in, int n) {
  __shared__ P s[64];
  s[threadIdx.x].c = 1;
  s[threadIdx.x].s = 2;
  __syncthreads();
  u32 word = *(u32*)&s[threadIdx.x];
  // 0x3032 at run time, without the padding.
  u32 selector = 0x3002 + 0x10*(n-13) + 0x200*(n-16);
  o[threadIdx.x] = __byte_perm(word, 0x01020304, selector);
}

KERNEL permuted_wrong(u32*o, const u32*in, int n) {
  __shared__ P s[64];
  s[threadIdx.x].c = 1;
  s[threadIdx.x].s = 2;
  __syncthreads();
  u32 word = *(u32*)&s[threadIdx.x];
  u32 selector = 0x3002 + 0x10*(n-15) + 0x200*(n-16);
  o[threadIdx.x] = __byte_perm(word, 0x01020304, selector);
}

// --- functions that call themselves
__device__ __noinline__ int down(const int*s, int k) {
  int own = s[k];
  int below = k == 0 ? 0 : down(s, k-1);
  return k & 1 ? below : below + own;
}

KERNEL recursive(int*o) {
  __shared__ int s[64];
  if (!(threadIdx.x & 1)) s[threadIdx.x] = threadIdx.x;
  __syncthreads();
  o[threadIdx.x] = down(s, threadIdx.x & 7);
}

KERNEL recursive_wrong(int*o) {
  __shared__ int s[64];
  if (threadIdx.x & 1) s[threadIdx.x] = threadIdx.x;
  __syncthreads();
  o[threadIdx.x] = down(s, threadIdx.x & 7);
}

// --- handed to other threads
__device__ void hand(u32* to, u32 value) {
  asm volatile("st.relaxed.gpu.u32 [%0], %1;" :: "l"(to), "r"(value) : "memory");
}

__device__ u32 take(const u32* from) {
  u32 value;
  asm volatile("ld.relaxed.gpu.u32 %0, [%1];" : "=r"(value) : "l"(from) : "memory");
  return value;
}

__device__ void hand_sums(u32* o) {
  __shared__ u32 s[64];
  if (threadIdx.x < 40) s[threadIdx.x] = threadIdx.x;
  __syncthreads();
  hand(o + threadIdx.x, s[threadIdx.x] + 1);
}

KERNEL handed(u32*o) {
  hand_sums(o);
}

KERNEL handed_2(u32*o) {
  u32 taken = take(o + threadIdx.x) * 3;
  if (threadIdx.x < 40) o[64 + threadIdx.x] = taken;
}

KERNEL handed_wrong(u32*o) {
  hand_sums(o);
}

KERNEL handed_wrong_2(u32*o) {
  u32 taken = take(o + threadIdx.x) * 3;
  if (threadIdx.x <= 40) o[64 + threadIdx.x] = taken;
}
