// Embedding: rows of a table by index, and the gradient of the table.
//
//   forward    out[r] = weight[ids[r]]
//   backward   dWeight[v] += sum of dOut[r] over the rows r with ids[r] = v
//
// Nothing is fused. Forward copies bits; an id outside [0, vocab) makes its row NaN and is reported
// in status. In backward such a row adds nothing and is reported; one whose id is padding adds
// nothing.
//
// Backward without float atomics: rows are sorted by id, stably, so that each id has its rows side
// by side in their order (sort_count and sort_place for each digit of the ids, counting_sort.cuh;
// bounds says where each id's rows begin and end). Then dWeight[v] += the sum of consecutive chunks
// of 64 of the id's rows. gather adds up each chunk, row after row; an id with one chunk gets its
// gradient there, those with more through partials, which combine adds in a fixed order together
// with the rows after the last whole chunk. So an id's gradient has bits that depend on its own
// rows alone: neither on the grid nor on other ids; and no id keeps one thread busy for long,
// though all rows be its own.
//
//   out [rows, dim] =            weight [vocab, dim]   ids [rows]   status [1] (lowest bad row)
//   dWeight [vocab, dim] += (fp32)   dOut [rows, dim]   ids [rows]   status [1]
//   counts [blocks, 256] =   keys, order [rows] =   total [1] =   starts, ends [vocab] =
//   partials [ceil(rows / 64), dim] = (fp32)          all of them workspace
//
// Fewest bytes: forward 2 * rows * dim * sizeof(T), with each table row read once at best;
// backward rows * (dim * sizeof(T) + 4) and 8 * dim for each id that occurs. In this form the sort
// adds 24 * rows for each digit but the first and 16 for that, partials 8 / 64 * rows * dim at
// most.
//
// Launch: sort 256 threads, a block for each keysPerBlock rows; bounds 256 threads, any grid.
// forward and gather any block (x columns, y rows) and any grid (x rows, y columns); combine 256
// threads, any grid (x chunks, y columns). Any sizes from 1 up, rows below 2^31 in backward, any
// alignment. No output may overlap another operand.

#include "counting_sort.cuh"
#include "lanes.cuh"
#include "status.cuh"

namespace lockstep::embedding {

constexpr int kChunk = 64;
constexpr int kCombineParts = 8;

// Columns a thread adds up: four fill a 16-byte access of the fp32 gradient, so that a warp's
// accesses leave no gap, which eight to a thread would.
constexpr int kColumns = 4;

// Rows whose loads a thread has on the way at once.
constexpr int kRowsAtOnce = 8;

template <int N, class T>
__device__ __forceinline__ void forwardRows(T* out, const T* weight, const int* ids, i64 rows,
                                            i64 vocab, i64 dim, u64* status) {
  const Vector<N> access;
  const i64 from = (static_cast<i64>(blockIdx.y) * blockDim.x + threadIdx.x) * N;
  const i64 step = static_cast<i64>(gridDim.y) * blockDim.x * N;
  for (i64 row = static_cast<i64>(blockIdx.x) * blockDim.y + threadIdx.y; row < rows;
       row += static_cast<i64>(gridDim.x) * blockDim.y) {
    const int id = ids[row];
    if (id >= 0 && id < vocab) {
      for (i64 column = from; column < dim; column += step) {
        access.store(out + row * dim + column, access.load(weight + id * dim + column));
      }
    } else {
      if (from == 0) reportBadValue(status, row, id);
      for (i64 column = from; column < dim; column += step) {
        access.store(out + row * dim + column, access.splat(__int_as_float(0x7fc00000)));
      }
    }
  }
}

template <class T>
__device__ __forceinline__ void forward(T* out, const T* weight, const int* ids, i64 rows,
                                        i64 vocab, i64 dim, u64* status) {
  if (rowsAligned(dim * sizeof(T), out, weight)) {
    forwardRows<Storage<T>::kLanes>(out, weight, ids, rows, vocab, dim, status);
  } else {
    forwardRows<1>(out, weight, ids, rows, vocab, dim, status);
  }
}

// The sum of column, column + dim * order[stride], ... in that order; count rows.
template <int N, class T>
__device__ __forceinline__ Lanes<N> sumOfRows(Vector<N> access, Lanes<N> total, const T* column,
                                              const int* order, int count, int stride, i64 dim) {
  int row = 0;
  for (; row + kRowsAtOnce <= count; row += kRowsAtOnce) {
    Lanes<N> next[kRowsAtOnce];
#pragma unroll
    for (int i = 0; i < kRowsAtOnce; i++) {
      next[i] = access.load(column + order[(row + i) * stride] * dim);
    }
#pragma unroll
    for (int i = 0; i < kRowsAtOnce; i++) total = sum(total, next[i]);
  }
#pragma unroll 1
  for (; row < count; row++) total = sum(total, access.load(column + order[row * stride] * dim));
  return total;
}

// What backward knows of the sorted rows.
struct Sorted {
  const int* keys;    // ids in ascending order
  const int* order;   // and the rows they stand in
  const int* starts;  // by id: the place of its first row
  const int* ends;    // and the one after its last
  i64 count;
};

template <int N, class T>
__device__ __forceinline__ void gatherChunks(float* dWeight, float* partials, const T* dOut,
                                             const Sorted& sorted, i64 dim) {
  const Vector<N> access;
  const i64 from = (static_cast<i64>(blockIdx.y) * blockDim.x + threadIdx.x) * N;
  const i64 step = static_cast<i64>(gridDim.y) * blockDim.x * N;
  for (i64 place = static_cast<i64>(blockIdx.x) * blockDim.y + threadIdx.y; place < sorted.count;
       place += static_cast<i64>(gridDim.x) * blockDim.y) {
    const int id = sorted.keys[place];
    const int start = sorted.starts[id];
    if ((place - start) % kChunk != 0) continue;
    const int end = sorted.ends[id];
    const bool alone = end - start <= kChunk;
    const int rows = alone ? end - start : kChunk;
    if (place + rows > end) continue;  // what is left after whole chunks is for combine
    // A whole chunk covers exactly one multiple of kChunk.
    float* const target =
        alone ? dWeight + id * dim : partials + (place + kChunk - 1) / kChunk * dim;
    for (i64 column = from; column < dim; column += step) {
      Lanes<N> total = sumOfRows(access, access.splat(0.0f), dOut + column, sorted.order + place,
                                 rows, 1, dim);
      if (alone) total = sum(access.load(target + column), total);
      access.store(target + column, total);
    }
  }
}

template <class T>
__device__ __forceinline__ void gather(float* dWeight, float* partials, const T* dOut,
                                       const Sorted& sorted, i64 dim) {
  if (rowsAligned(dim * sizeof(float), dWeight, partials, dOut)) {
    gatherChunks<kColumns>(dWeight, partials, dOut, sorted, dim);
  } else {
    gatherChunks<1>(dWeight, partials, dOut, sorted, dim);
  }
}

template <int N, class T>
__device__ __forceinline__ void combineChunks(float* dWeight, const float* partials, const T* dOut,
                                              const Sorted& sorted, i64 chunks, i64 dim) {
  __shared__ float shared[kCombineParts][N][kWarpSize];
  const Vector<N> access;
  const int part = warpIndex();
  const i64 step = static_cast<i64>(gridDim.y) * kWarpSize * N;
  for (i64 slot = blockIdx.x; slot < chunks; slot += gridDim.x) {
    const i64 place = slot * kChunk;
    if (place >= sorted.count) break;
    const int id = sorted.keys[place];
    const int start = sorted.starts[id];
    const int count = sorted.ends[id] - start;
    // An id with several chunks is for the block whose slot holds the first.
    if (count <= kChunk || place - start >= kChunk) continue;
    const int whole = count / kChunk;
    const int left = count % kChunk;
    const int* const rest = sorted.order + start + whole * kChunk + part;
    for (i64 strip = static_cast<i64>(blockIdx.y) * kWarpSize * N; strip < dim; strip += step) {
      const i64 column = strip + laneIndex() * N;
      Lanes<N> total = access.splat(0.0f);
      if (column < dim) {
        const float* const first = partials + slot * dim + column;
#pragma unroll 4
        for (int chunk = part; chunk < whole; chunk += kCombineParts) {
          total = sum(total, access.load(first + chunk * dim));
        }
        const int mine = (left - part + kCombineParts - 1) / kCombineParts;
        total = sumOfRows(access, total, dOut + column, rest, mine, kCombineParts, dim);
      }
      __syncthreads();  // the previous strip's sums may still be read
      forEachLane(total, [&](int i) { shared[part][i][laneIndex()] = total.lane[i]; });
      __syncthreads();
      if (part != 0 || column >= dim) continue;
      for (int other = 1; other < kCombineParts; other++) {
        forEachLane(total, [&](int i) { total.lane[i] += shared[other][i][laneIndex()]; });
      }
      float* const target = dWeight + id * dim + column;
      access.store(target, sum(access.load(target), total));
    }
  }
}

template <class T>
__device__ __forceinline__ void combine(float* dWeight, const float* partials, const T* dOut,
                                        const Sorted& sorted, i64 chunks, i64 dim) {
  if (rowsAligned(dim * sizeof(float), dWeight, partials, dOut)) {
    combineChunks<kColumns>(dWeight, partials, dOut, sorted, chunks, dim);
  } else {
    combineChunks<1>(dWeight, partials, dOut, sorted, chunks, dim);
  }
}

}  // namespace lockstep::embedding

#define LOCKSTEP_EMBEDDING(suffix, T)                                                             \
  extern "C" __global__ void embedding_forward_##suffix(                                          \
      T* out, const T* weight, const int* ids, lockstep::i64 rows, lockstep::i64 vocab,           \
      lockstep::i64 dim, lockstep::u64* status) {                                                 \
    lockstep::embedding::forward(out, weight, ids, rows, vocab, dim, status);                     \
  }                                                                                               \
  extern "C" __global__ void embedding_backward_gather_##suffix(                                  \
      float* dWeight, float* partials, const T* dOut, const int* keys, const int* order,          \
      const int* starts, const int* ends, const int* total, lockstep::i64 dim) {                  \
    lockstep::embedding::gather(dWeight, partials, dOut, {keys, order, starts, ends, *total},     \
                                dim);                                                             \
  }                                                                                               \
  extern "C" __global__ void embedding_backward_combine_##suffix(                                 \
      float* dWeight, const float* partials, const T* dOut, const int* keys, const int* order,    \
      const int* starts, const int* ends, const int* total, lockstep::i64 chunks,                 \
      lockstep::i64 dim) {                                                                        \
    lockstep::embedding::combine(dWeight, partials, dOut, {keys, order, starts, ends, *total},    \
                                 chunks, dim);                                                    \
  }
LOCKSTEP_FOR_EACH_TYPE(LOCKSTEP_EMBEDDING)

// known, unless null, holds how many keys there are; else there are rows.
extern "C" __global__ void embedding_sort_count(lockstep::u32* counts, const int* keys,
                                                const int* known, lockstep::i64 rows,
                                                lockstep::i64 keysPerBlock, int shift, int mask,
                                                lockstep::i64 vocab, int padding,
                                                lockstep::u64* status) {
  using namespace lockstep;
  namespace sort = counting_sort;
  __shared__ sort::Scratch scratch;
  const sort::Share share(known ? *known : rows, keysPerBlock);
  sort::countDigits(counts, scratch, share, {shift, mask}, [&](i64 place) {
    const int id = keys[place];
    if (id >= 0 && id < vocab) return id == padding ? sort::kDropped : id;
    reportBadValue(status, place, id);
    return sort::kDropped;
  });
}

// values, unless null, go with the keys; else each key's place does. total is null but for the
// first digit.
extern "C" __global__ void embedding_sort_place(int* sortedKeys, int* sortedValues, int* total,
                                                const lockstep::u32* counts, const int* keys,
                                                const int* values, const int* known,
                                                lockstep::i64 rows, lockstep::i64 keysPerBlock,
                                                int shift, int mask, lockstep::i64 vocab,
                                                int padding) {
  using namespace lockstep;
  namespace sort = counting_sort;
  __shared__ sort::Scratch scratch;
  const sort::Share share(known ? *known : rows, keysPerBlock);
  const auto keyAt = [&](i64 place) {
    const int id = keys[place];
    return id < 0 || id >= vocab || id == padding ? sort::kDropped : id;
  };
  const auto put = [&](u32 place, int key, i64 from) {
    sortedKeys[place] = key;
    sortedValues[place] = values ? values[from] : static_cast<int>(from);
  };
  sort::placeKeys(total, counts, scratch, share, {shift, mask}, keyAt, put);
}

extern "C" __global__ void embedding_bounds(int* starts, int* ends, const int* keys,
                                            const int* total) {
  const int count = *total;
  const lockstep::i64 step = static_cast<lockstep::i64>(gridDim.x) * blockDim.x;
  for (lockstep::i64 i = static_cast<lockstep::i64>(blockIdx.x) * blockDim.x + threadIdx.x;
       i < count; i += step) {
    const int id = keys[i];
    if (i == 0 || keys[i - 1] != id) starts[id] = static_cast<int>(i);
    if (i == count - 1 || keys[i + 1] != id) ends[id] = static_cast<int>(i + 1);
  }
}
