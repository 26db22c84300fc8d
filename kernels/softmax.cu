// Softmax and its logarithm over the last dimension.
//
//   forward    y_j = e^(x_j - m) / d                log: y_j = x_j - m - ln d
//                 m = max x,  d = sum e^(x - m)
//   backward   dx = y (dy - sum dy y)               log: dx = dy - e^y sum dy
//
// Unfused by nature: for probabilities somebody looks at. In front of a cross-entropy,
// softmax_cross_entropy.cu needs neither.
//
//   y, x, dx, dy [rows, cols] of T, outputs =
//
// y may be x; dx may be dy or y. A logit of -infinity has probability 0; a row of nothing but
// -infinity, or with +infinity or NaN in it, is NaN.
//
// Fewest bytes per element: forward 2 * sizeof(T), backward 3 * sizeof(T). A row of up to four
// 16-byte vectors to a thread stays in registers and moves exactly that; longer or unaligned rows
// are read twice, the second time from cache.
//
// Launch: any multiple of 32 threads up to 512, one block per row at a time. Any rows and cols from
// 1 up, any alignment. The order of every sum depends on cols, type, alignment and block alone.

#include "block.cuh"
#include "lanes.cuh"
#include "numeric.cuh"

namespace lockstep::softmax {

constexpr int kHeld = 4;  // vectors a thread keeps of a row

// Calls body(access, column, slot) for the thread's vectors of a row that is held.
template <int N, class Body>
__device__ __forceinline__ void forEachHeld(i64 cols, Body body) {
#pragma unroll
  for (int slot = 0; slot < kHeld; slot++) {
    const i64 column = static_cast<i64>(threadIdx.x + slot * blockDim.x) * N;
    if (column < cols) body(Vector<N>{}, column, slot);
  }
}

template <class T>
__device__ __forceinline__ bool isHeld(i64 cols, bool aligned) {
  return aligned && cols <= static_cast<i64>(blockDim.x) * kHeld * Storage<T>::kLanes;
}

// What x becomes, given the row's maximum (0 for one of nothing but -infinity) and sum.
struct Normaliser {
  float from;
  float factor;  // 1 / d, or ln d
  bool log;

  __device__ __forceinline__ Normaliser(float maximum, float sum, bool wantsLog)
      : from(maximum), factor(wantsLog ? logf(sum) : 1.0f / sum), log(wantsLog) {}

  template <int N>
  __device__ __forceinline__ Lanes<N> operator()(Lanes<N> x) const {
    forEachLane(x, [&](int i) {
      const float below = x.lane[i] - from;
      x.lane[i] = log ? below - factor : expOfNonPositive(below) * factor;
    });
    return x;
  }
};

__device__ __forceinline__ float origin(float maximum) {
  return maximum == -INFINITY ? 0.0f : maximum;
}

template <class T>
__device__ __forceinline__ void forward(T* y, const T* x, i64 rows, i64 cols, bool log) {
  constexpr int N = Storage<T>::kLanes;
  __shared__ BlockScratch<1> scratch;
  const bool aligned = rowsAligned(cols * sizeof(T), y, x);
  const bool held = isHeld<T>(cols, aligned);
  for (i64 row = blockIdx.x; row < rows; row += gridDim.x) {
    const T* const from = x + row * cols;
    T* const to = y + row * cols;
    float maximum = -INFINITY;
    float sum = 0.0f;
    if (held) {
      Lanes<N> own[kHeld];
      forEachHeld<N>(cols, [&](auto access, i64 column, int slot) {
        own[slot] = access.load(from + column);
        forEachLane(own[slot], [&](int i) { maximum = fmaxf(maximum, own[slot].lane[i]); });
      });
      maximum = origin(blockMax(maximum, scratch));
      forEachHeld<N>(cols, [&](auto, i64, int slot) {
        forEachLane(own[slot], [&](int i) {
          sum += expOfNonPositive(own[slot].lane[i] - maximum);
        });
      });
      const Normaliser normalise(maximum, blockSum(sum, scratch), log);
      forEachHeld<N>(cols, [&](auto access, i64 column, int slot) {
        access.store(to + column, normalise(own[slot]));
      });
      continue;
    }
    // The sum so far is rescaled whenever a larger maximum turns up.
    forEachColumn<N>(cols, aligned, [&](auto access, i64 column) {
      const auto lanes = access.load(from + column);
      const float before = maximum;
      forEachLane(lanes, [&](int i) { maximum = fmaxf(maximum, lanes.lane[i]); });
      sum *= expOfNonPositive(before - origin(maximum));
      forEachLane(lanes, [&](int i) {
        sum += expOfNonPositive(lanes.lane[i] - origin(maximum));
      });
    });
    const float largest = origin(blockMax(maximum, scratch));
    sum *= expOfNonPositive(maximum - largest);
    const Normaliser normalise(largest, blockSum(sum, scratch), log);
    forEachColumn<N>(cols, aligned, [&](auto access, i64 column) {
      access.store(to + column, normalise(access.load(from + column)));
    });
  }
}

template <int N>
__device__ __forceinline__ float ownShare(const Lanes<N>& dy, const Lanes<N>& y, bool log) {
  float share = 0.0f;
  forEachLane(dy, [&](int i) {
    share = log ? share + dy.lane[i] : fmaf(dy.lane[i], y.lane[i], share);
  });
  return share;
}

template <int N>
__device__ __forceinline__ Lanes<N> gradient(Lanes<N> dy, const Lanes<N>& y, float total,
                                             bool log) {
  forEachLane(dy, [&](int i) {
    dy.lane[i] = log ? fmaf(-expOfNonPositive(y.lane[i]), total, dy.lane[i])
                     : y.lane[i] * (dy.lane[i] - total);
  });
  return dy;
}

template <class T>
__device__ __forceinline__ void backward(T* dx, const T* dy, const T* y, i64 rows, i64 cols,
                                         bool log) {
  constexpr int N = Storage<T>::kLanes;
  __shared__ BlockScratch<1> scratch;
  const bool aligned = rowsAligned(cols * sizeof(T), dx, dy, y);
  const bool held = isHeld<T>(cols, aligned);
  for (i64 row = blockIdx.x; row < rows; row += gridDim.x) {
    const i64 start = row * cols;
    float share = 0.0f;
    if (held) {
      Lanes<N> ownDy[kHeld];
      Lanes<N> ownY[kHeld];
      forEachHeld<N>(cols, [&](auto access, i64 column, int slot) {
        ownDy[slot] = access.load(dy + start + column);
        ownY[slot] = access.load(y + start + column);
        share += ownShare(ownDy[slot], ownY[slot], log);
      });
      const float total = blockSum(share, scratch);
      forEachHeld<N>(cols, [&](auto access, i64 column, int slot) {
        access.store(dx + start + column, gradient(ownDy[slot], ownY[slot], total, log));
      });
      continue;
    }
    forEachColumn<N>(cols, aligned, [&](auto access, i64 column) {
      share += ownShare(access.load(dy + start + column), access.load(y + start + column), log);
    });
    const float total = blockSum(share, scratch);
    forEachColumn<N>(cols, aligned, [&](auto access, i64 column) {
      const auto lanes = access.load(y + start + column);
      const auto upstream = access.load(dy + start + column);
      access.store(dx + start + column, gradient(upstream, lanes, total, log));
    });
  }
}

}  // namespace lockstep::softmax

#define LOCKSTEP_SOFTMAX(suffix, T)                                                               \
  extern "C" __global__ void __launch_bounds__(512)                                               \
      softmax_forward_##suffix(T* y, const T* x, lockstep::i64 rows, lockstep::i64 cols,          \
                               int log) {                                                         \
    lockstep::softmax::forward(y, x, rows, cols, log != 0);                                       \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(512)                                               \
      softmax_backward_##suffix(T* dx, const T* dy, const T* y, lockstep::i64 rows,               \
                                lockstep::i64 cols, int log) {                                    \
    lockstep::softmax::backward(dx, dy, y, rows, cols, log != 0);                                 \
  }
LOCKSTEP_FOR_EACH_TYPE(LOCKSTEP_SOFTMAX)
