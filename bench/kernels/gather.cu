// Loads at random places, which is what counting memory traffic costs most for: hardly two lanes of
// a warp share a sector. Each thread adds up what it finds at 1, 2, 4 or 8 places of a table.
//
//   out[i] = sum over k < loads of table[place(i, k)]   a table of mask + 1 elements, a power of 2
//
// gather.ptx is what nvcc 13.0 makes of it: make -C kernels

template <int kLoads>
__device__ void gather(const float* table, float* out, unsigned mask) {
  unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned place = i;
  float sum = 0;
#pragma unroll
  for (int k = 0; k < kLoads; k++) {
    place = place * 1664525u + 1013904223u;
    sum += table[(place >> 8) & mask];
  }
  out[i] = sum;
}

#define GATHER(loads)                                                                       \
  extern "C" __global__ void gather_##loads(const float* table, float* out, unsigned mask) {\
    gather<loads>(table, out, mask);                                                        \
  }

GATHER(1)
GATHER(2)
GATHER(4)
GATHER(8)
