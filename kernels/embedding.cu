// Embedding: rows of a table picked by index, and the gradient of the table.
//
//   forward    out[r] = weight[ids[r]]
//   backward   dWeight[v] += sum of dOut[r] over the rows r with ids[r] = v
//
// Nothing is fused. Forward copies bits; an id outside [0, vocab) makes its row NaN and is reported
// in status. Backward gives each row of the table to one warp, which looks through all ids and adds
// its rows in their order: no float atomics, the same bits in every run. An id that is out of range
// adds nothing.
//
//   out [rows, dim] =            weight [vocab, dim]   ids [rows]
//   dWeight [vocab, dim] += (fp32)   dOut [rows, dim]   ids [rows]
//
// Fewest bytes: forward 2 * rows * dim * sizeof(T), with each table row read once at best;
// backward rows * dim * sizeof(T) + 8 * dim for each row of the table that occurs, and in this form
// 4 * rows for each row of the table, which caches serve.
//
// Launch: forward 256 threads, any grid; backward 128 threads, grid ceil(vocab / 4). Any sizes from
// 1 up, any alignment. dWeight must not overlap dOut.

#include "lanes.cuh"
#include "status.cuh"
#include "warp.cuh"

namespace lockstep::embedding {

constexpr int kBackwardWarps = 4;

// Ids that a lane compares between two votes.
constexpr int kIdsPerLane = 4;

template <int N, class T>
__device__ __forceinline__ void forwardGroups(T* out, const T* weight, const int* ids, i64 rows,
                                              i64 vocab, i64 dim, u64* status) {
  const Vector<N> access;
  const i64 groups = dim / N;
  const i64 thread = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x;
  const i64 threads = static_cast<i64>(gridDim.x) * blockDim.x;
  // One division finds the first place; going on by additions avoids one for every element.
  const i64 rowStep = threads / groups;
  const i64 groupStep = threads - rowStep * groups;
  i64 row = thread / groups;
  i64 group = thread - row * groups;
  while (row < rows) {
    const int id = ids[row];
    T* const to = out + row * dim + group * N;
    if (id >= 0 && id < vocab) {
      access.store(to, access.load(weight + id * dim + group * N));
    } else {
      access.store(to, access.splat(__int_as_float(0x7fc00000)));
      if (group == 0) reportBadValue(status, row, id);
    }
    row += rowStep;
    group += groupStep;
    if (group >= groups) {
      group -= groups;
      row += 1;
    }
  }
}

template <class T>
__device__ __forceinline__ void forward(T* out, const T* weight, const int* ids, i64 rows,
                                        i64 vocab, i64 dim, u64* status) {
  if (rowsAligned(dim * sizeof(T), out, weight)) {
    forwardGroups<Storage<T>::kLanes>(out, weight, ids, rows, vocab, dim, status);
  } else {
    forwardGroups<1>(out, weight, ids, rows, vocab, dim, status);
  }
}

template <class T>
__device__ __forceinline__ void addRow(float* sum, const T* row, i64 dim) {
  for (i64 column = laneIndex(); column < dim; column += kWarpSize) {
    sum[column] += loadFloat(row + column);
  }
}

// Adds the rows among 32 neighbouring ones whose lane says match, lowest first.
template <class T>
__device__ __forceinline__ void addMatches(float* sum, const T* dOut, bool match, i64 dim) {
  for (u32 left = __ballot_sync(kAllLanes, match); left != 0; left &= left - 1) {
    addRow(sum, dOut + (__ffs(left) - 1) * dim, dim);
  }
}

template <class T>
__device__ __forceinline__ void backward(float* dWeight, const T* dOut, const int* ids, i64 rows,
                                         i64 vocab, i64 dim) {
  const i64 id = static_cast<i64>(blockIdx.x) * kBackwardWarps + warpIndex();
  if (id >= vocab) return;
  float* const sum = dWeight + id * dim;
  const int wanted = static_cast<int>(id);
  constexpr int kRowsPerVote = kWarpSize * kIdsPerLane;
  i64 row = 0;
  for (; row + kRowsPerVote <= rows; row += kRowsPerVote) {
    const int* const own = ids + row + laneIndex();
    bool match[kIdsPerLane];
    bool any = false;
#pragma unroll
    for (int i = 0; i < kIdsPerLane; i++) {
      match[i] = own[i * kWarpSize] == wanted;
      any |= match[i];
    }
    if (!__any_sync(kAllLanes, any)) continue;
#pragma unroll
    for (int i = 0; i < kIdsPerLane; i++) {
      addMatches(sum, dOut + (row + i * kWarpSize) * dim, match[i], dim);
    }
  }
  for (; row < rows; row += kWarpSize) {
    const i64 own = row + laneIndex();
    addMatches(sum, dOut + row * dim, own < rows && ids[own] == wanted, dim);
  }
}

}  // namespace lockstep::embedding

#define LOCKSTEP_EMBEDDING(suffix, T)                                                           \
  extern "C" __global__ void embedding_forward_##suffix(                                        \
      T* out, const T* weight, const int* ids, lockstep::i64 rows, lockstep::i64 vocab,         \
      lockstep::i64 dim, lockstep::u64* status) {                                               \
    lockstep::embedding::forward(out, weight, ids, rows, vocab, dim, status);                   \
  }                                                                                             \
  extern "C" __global__ void embedding_backward_##suffix(                                       \
      float* dWeight, const T* dOut, const int* ids, lockstep::i64 rows, lockstep::i64 vocab,   \
      lockstep::i64 dim) {                                                                      \
    lockstep::embedding::backward(dWeight, dOut, ids, rows, vocab, dim);                        \
  }
LOCKSTEP_FOR_EACH_TYPE(LOCKSTEP_EMBEDDING)
