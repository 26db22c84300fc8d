// Four kernels as anyone would write them first, to measure the simulator by: no vector accesses,
// no warp shuffles, trees of __syncthreads. fp32, 256 threads a block.
//
//   gelu           y = x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2   one thread an element
//   layernorm      y = (x - mean) rstd g + b, variance in a second pass  one block a row
//   sgemm          C = A B, all n x n, n a multiple of 16                 16 x 16 tiles in shared memory
//   cross_entropy  loss = log sum exp(x) - x[target]                     one block a row
//
// four_kernels.ptx is what nvcc 13.0 makes of it: make -C kernels

constexpr int kThreads = 256;
constexpr int kTile = 16;

extern "C" __global__ void gelu(const float* x, float* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    float v = x[i];
    float u = 0.7978845608f * (v + 0.044715f * v * v * v);
    float tanh_u = __fdividef(2.f, 1.f + exp2f(-2.8853900818f * u)) - 1.f;
    y[i] = 0.5f * v * (1.f + tanh_u);
  }
}

// Thread 0 returns with the sum of all threads' values, and so do the others, from shared memory.
__device__ float block_sum(float* shared, float value) {
  int t = threadIdx.x;
  shared[t] = value;
  __syncthreads();
  for (int k = kThreads / 2; k > 0; k >>= 1) {
    if (t < k) shared[t] += shared[t + k];
    __syncthreads();
  }
  float sum = shared[0];
  __syncthreads();
  return sum;
}

__device__ float block_max(float* shared, float value) {
  int t = threadIdx.x;
  shared[t] = value;
  __syncthreads();
  for (int k = kThreads / 2; k > 0; k >>= 1) {
    if (t < k) shared[t] = fmaxf(shared[t], shared[t + k]);
    __syncthreads();
  }
  float largest = shared[0];
  __syncthreads();
  return largest;
}

extern "C" __global__ void layernorm(const float* x, const float* g, const float* b, float* y,
                                     int columns) {
  __shared__ float shared[kThreads];
  const float* row = x + static_cast<long long>(blockIdx.x) * columns;
  float sum = 0;
  for (int i = threadIdx.x; i < columns; i += kThreads) sum += row[i];
  float mean = block_sum(shared, sum) / columns;
  sum = 0;
  for (int i = threadIdx.x; i < columns; i += kThreads) sum += (row[i] - mean) * (row[i] - mean);
  float rstd = 1.f / sqrtf(block_sum(shared, sum) / columns + 1e-5f);
  float* out = y + static_cast<long long>(blockIdx.x) * columns;
  for (int i = threadIdx.x; i < columns; i += kThreads) out[i] = (row[i] - mean) * rstd * g[i] + b[i];
}

extern "C" __global__ void sgemm(const float* a, const float* b, float* c, int n) {
  __shared__ float tile_a[kTile][kTile];
  __shared__ float tile_b[kTile][kTile];
  int tx = threadIdx.x, ty = threadIdx.y;
  int column = blockIdx.x * kTile + tx;
  int row = blockIdx.y * kTile + ty;
  float sum = 0;
  for (int k0 = 0; k0 < n; k0 += kTile) {
    tile_a[ty][tx] = a[row * n + k0 + tx];
    tile_b[ty][tx] = b[(k0 + ty) * n + column];
    __syncthreads();
    for (int k = 0; k < kTile; k++) sum += tile_a[ty][k] * tile_b[k][tx];
    __syncthreads();
  }
  c[row * n + column] = sum;
}

extern "C" __global__ void cross_entropy(const float* x, const int* targets, float* loss,
                                         int columns) {
  __shared__ float shared[kThreads];
  const float* row = x + static_cast<long long>(blockIdx.x) * columns;
  float largest = -1e30f;
  for (int i = threadIdx.x; i < columns; i += kThreads) largest = fmaxf(largest, row[i]);
  largest = block_max(shared, largest);
  float sum = 0;
  for (int i = threadIdx.x; i < columns; i += kThreads) sum += __expf(row[i] - largest);
  sum = block_sum(shared, sum);
  if (threadIdx.x == 0) loss[blockIdx.x] = __logf(sum) + largest - row[targets[blockIdx.x]];
}
