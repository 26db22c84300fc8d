// Kernels whose lanes do not go in step, which is what counting and checking memory accesses costs
// most for. Each has one idea, sizes that are fixed here, and a thread for each result if nothing
// else is said. IrregularKernels.java has the inputs, IrregularResults.java the same in plain Java.
//
//   gather_1       out[i] = table[a random place]
//   gather_8       the same for the sum of 8
//   sparse_rows    y = A x, A in compressed sparse rows of 0 to 15 elements
//   roots          out[i] = the root above node i of a forest: loads in a loop left lane by lane
//   collatz        out[i] = steps from i + 1 to 1: such a loop without loads
//   crc            CRC-32 of 16 bytes by a table of 256 words in global memory
//   crc_shared     the same, the table in shared memory: random words of it
//   harmonics      out[f] = sum over k = 1 to 16 of in[k f]: another stride each turn
//   hadamard       Walsh-Hadamard transform of 512 words, in place: butterflies of growing strides
//   histogram      of the lowest bytes of 4096 words, one block each: atomics in shared memory
//   nibbles        out[i] = how often the commonest hex digit of 8 words occurs: a local array
//   transpose      of 1024 x 1024 floats, tile by tile through shared memory, 32 x 8 threads
//   bitonic        sorts 256 words in shared memory
//   attention      softmax(q k' / sqrt(32)) v over tiles of keys in shared memory, softmax online
//
// irregular.ptx is what nvcc 13.0 makes of it: make -C kernels

__device__ unsigned index_in_grid() { return blockIdx.x * blockDim.x + threadIdx.x; }

template <int kLoads>
__device__ unsigned gather(const unsigned* table) {
  constexpr unsigned kTable = 1 << 20;
  unsigned place = index_in_grid();
  unsigned sum = 0;
#pragma unroll
  for (int k = 0; k < kLoads; k++) {
    place = place * 1664525u + 1013904223u;
    sum += table[(place >> 8) % kTable];
  }
  return sum;
}

extern "C" __global__ void gather_1(const unsigned* table, unsigned* out) {
  out[index_in_grid()] = gather<1>(table);
}

extern "C" __global__ void gather_8(const unsigned* table, unsigned* out) {
  out[index_in_grid()] = gather<8>(table);
}

extern "C" __global__ void sparse_rows(const unsigned* row_starts, const unsigned* columns,
                                       const float* values, const float* x, float* y) {
  unsigned row = index_in_grid();
  float sum = 0;
  for (unsigned k = row_starts[row]; k < row_starts[row + 1]; k++) sum += values[k] * x[columns[k]];
  y[row] = sum;
}

extern "C" __global__ void roots(const unsigned* parents, unsigned* out) {
  unsigned node = index_in_grid();
  while (parents[node] != node) node = parents[node];
  out[index_in_grid()] = node;
}

extern "C" __global__ void collatz(unsigned* out) {
  unsigned n = index_in_grid() + 1;
  unsigned steps = 0;
  for (; n != 1; steps++) n = n % 2 == 0 ? n / 2 : 3 * n + 1;
  out[index_in_grid()] = steps;
}

// The words of a message are a grid's threads apart.
__device__ unsigned crc32(const unsigned* table, const unsigned* words) {
  unsigned crc = ~0u;
  for (int k = 0; k < 4; k++) {
    crc ^= words[k * gridDim.x * blockDim.x + index_in_grid()];
    for (int byte = 0; byte < 4; byte++) crc = table[crc % 256] ^ crc >> 8;
  }
  return ~crc;
}

extern "C" __global__ void crc(const unsigned* table, const unsigned* words, unsigned* out) {
  out[index_in_grid()] = crc32(table, words);
}

extern "C" __global__ void crc_shared(const unsigned* table, const unsigned* words, unsigned* out) {
  __shared__ unsigned copy[256];
  copy[threadIdx.x] = table[threadIdx.x];
  __syncthreads();
  out[index_in_grid()] = crc32(copy, words);
}

extern "C" __global__ void harmonics(const unsigned* in, unsigned* out) {
  unsigned f = index_in_grid();
  unsigned sum = 0;
#pragma unroll 1
  for (unsigned k = 1; k <= 16; k++) sum += in[k * f];
  out[f] = sum;
}

extern "C" __global__ void hadamard(const unsigned* in, unsigned* out) {
  constexpr unsigned kWords = 512;
  unsigned t = threadIdx.x;
  const unsigned* from = in + blockIdx.x * kWords;
  unsigned* to = out + blockIdx.x * kWords;
  for (unsigned i = t; i < kWords; i += kWords / 2) to[i] = from[i];
  for (unsigned h = 1; h < kWords; h *= 2) {
    __syncthreads();
    unsigned i = 2 * t - t % h;  // t-th of those whose bit h is 0
    unsigned low = to[i], high = to[i + h];
    to[i] = low + high;
    to[i + h] = low - high;
  }
}

extern "C" __global__ void histogram(const unsigned* in, unsigned* out) {
  __shared__ unsigned bins[256];
  bins[threadIdx.x] = 0;
  __syncthreads();
  const unsigned* words = in + blockIdx.x * 4096;
#pragma unroll 1
  for (unsigned i = threadIdx.x; i < 4096; i += 256) atomicAdd(&bins[words[i] % 256], 1);
  __syncthreads();
  out[index_in_grid()] = bins[threadIdx.x];
}

extern "C" __global__ void nibbles(const unsigned* in, unsigned* out) {
  unsigned counts[16] = {};
#pragma unroll 1
  for (int k = 0; k < 8; k++) {
    unsigned word = in[k * gridDim.x * blockDim.x + index_in_grid()];
    for (int digit = 0; digit < 8; digit++) counts[word >> 4 * digit & 15]++;
  }
  unsigned most = 0;
  for (int digit = 0; digit < 16; digit++) most = max(most, counts[digit]);
  out[index_in_grid()] = most;
}

extern "C" __global__ void transpose(const float* in, float* out) {
  constexpr unsigned kSide = 1024, kTile = 32;
  __shared__ float tile[kTile][kTile + 1];  // no two rows of a column in one bank
  unsigned x = threadIdx.x, column = blockIdx.x * kTile, row = blockIdx.y * kTile;
  for (unsigned y = threadIdx.y; y < kTile; y += 8) {
    tile[y][x] = in[(row + y) * kSide + column + x];
  }
  __syncthreads();
  for (unsigned y = threadIdx.y; y < kTile; y += 8) {
    out[(column + y) * kSide + row + x] = tile[x][y];
  }
}

extern "C" __global__ void bitonic(const unsigned* in, unsigned* out) {
  __shared__ unsigned words[256];
  unsigned t = threadIdx.x;
  words[t] = in[index_in_grid()];
  for (unsigned run = 2; run <= 256; run *= 2) {
    for (unsigned apart = run / 2; apart > 0; apart /= 2) {
      __syncthreads();
      unsigned other = t ^ apart;
      if (t < other) {
        unsigned a = words[t], b = words[other];
        bool ascending = (t & run) == 0;
        if (a > b == ascending) {
          words[t] = b;
          words[other] = a;
        }
      }
    }
  }
  __syncthreads();
  out[index_in_grid()] = words[t];
}

extern "C" __global__ void attention(const float* q, const float* k, const float* v, float* out) {
  constexpr unsigned kWidth = 32, kKeys = 256, kTile = 32, kQueries = 64;
  constexpr float kScale = 0.1767766953f;  // 1 / sqrt(kWidth)
  __shared__ float keys[kTile][kWidth], values[kTile][kWidth], scores[kTile][kQueries];
  unsigned t = threadIdx.x;
  const float* query_row = q + index_in_grid() * kWidth;
  float query[kWidth], sums[kWidth] = {};
  for (unsigned c = 0; c < kWidth; c++) query[c] = query_row[c];
  float largest = -INFINITY, total = 0;
  for (unsigned first = 0; first < kKeys; first += kTile) {
    __syncthreads();
    for (unsigned i = t; i < kTile * kWidth; i += kQueries) {
      keys[i / kWidth][i % kWidth] = k[first * kWidth + i];
      values[i / kWidth][i % kWidth] = v[first * kWidth + i];
    }
    __syncthreads();
    float before = largest;
#pragma unroll 1
    for (unsigned j = 0; j < kTile; j++) {
      float score = 0;
      for (unsigned c = 0; c < kWidth; c++) score += query[c] * keys[j][c];
      scores[j][t] = score * kScale;
      largest = fmaxf(largest, scores[j][t]);
    }
    // What was added up so far was relative to a smaller maximum.
    float shrink = __expf(before - largest);
    total *= shrink;
    for (unsigned c = 0; c < kWidth; c++) sums[c] *= shrink;
#pragma unroll 1
    for (unsigned j = 0; j < kTile; j++) {
      float weight = __expf(scores[j][t] - largest);
      total += weight;
      for (unsigned c = 0; c < kWidth; c++) sums[c] += weight * values[j][c];
    }
  }
  for (unsigned c = 0; c < kWidth; c++) out[index_in_grid() * kWidth + c] = sums[c] / total;
}
