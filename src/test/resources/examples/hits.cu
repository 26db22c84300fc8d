// Counts the threads between two limits.
__constant__ int limits[2];
__device__ int hits;

extern "C" __global__ void count_hits() {
  if (threadIdx.x >= limits[0] && threadIdx.x < limits[1]) atomicAdd(&hits, 1);
}
