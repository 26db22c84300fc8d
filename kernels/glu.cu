// Gated linear units, elementwise: h = act(gate) * up, and their gradients.
//
//   forward    h     = act(gate) * up               (=)
//   backward   dGate = dH * up * act'(gate)         (=)
//              dUp   = dH * act(gate)               (=)
//              h     = act(gate) * up               (=, optional) the bits forward gave
//
// act: silu (SwiGLU), gelu_tanh or gelu_erf (GeGLU), relu (ReGLU), sigmoid (GLU), none (bilinear),
// tanh; by the codes of activations.cuh, fast forms included. Code 8 is the clamped SwiGLU:
//
//   g = min(gate, limit), u = min(max(up, -limit), limit),  h = (u + 1) g sigmoid(alpha g)
//   dGate = dH (u + 1) (g sigmoid(alpha g))'  where gate <= limit, else 0
//   dUp   = dH g sigmoid(alpha g)             where |up| <= limit, else 0
//
// All tensors are [rows, cols] of T with a pitch of their own in bytes, so that gate and up may be
// two tensors or the halves of one, [rows, gate | up]; and their gradients too. h re-emitted in
// backward spares the weight gradient of the layer below it a recomputation that would move 3
// tensors more. In place is allowed: any output of backward may be the very rows of any input.
//
// fp32 arithmetic, each result rounded once; an element's bits depend on nothing but its inputs.
// 16-byte accesses where all addresses are equally far from a multiple of 16 and, for more than one
// row, all pitches and cols are multiples of 16 bytes.
// Fewest bytes: forward 3, backward 5 tensors of rows * cols elements, 6 with h.
//
// Launch: block (x, y) of 256, x threads to a row; any grid (threads stride over both axes). Dense
// tensors are best given as one row. Four blocks of backward on a multiprocessor have 48 KiB of
// loads under way; asking for more makes ptxas spill registers.

#include "activations.cuh"
#include "lanes.cuh"

namespace lockstep {

// The rows of one tensor; absent when data is null.
template <class T>
struct PitchedRows {
  T* data;
  i64 pitch;  // bytes

  __device__ __forceinline__ T* at(i64 row, i64 column) const {
    using Byte = typename std::conditional<std::is_const<T>::value, const char, char>::type;
    return reinterpret_cast<T*>(reinterpret_cast<Byte*>(data) + row * pitch) + column;
  }

  // Bits that must be zero for 16-byte accesses beside those of the first tensor.
  __device__ __forceinline__ u64 misfit(const void* first, i64 rows) const {
    if (data == nullptr) return 0;
    return (reinterpret_cast<u64>(data) ^ reinterpret_cast<u64>(first)) |
           (rows > 1 ? static_cast<u64>(pitch) : 0);
  }
};

// Calls body(access, row, column) for all elements, in vectors of N from column head on where
// aligned.
template <int N, class Body>
__device__ __forceinline__ void forEachOfRows(i64 rows, i64 cols, i64 head, bool aligned,
                                              Body body) {
  const i64 thread = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x;
  const i64 threads = static_cast<i64>(gridDim.x) * blockDim.x;
  const i64 vectors = aligned ? (cols - head) / N : 0;
  const i64 single = cols - vectors * N;
#pragma unroll 1
  for (i64 row = static_cast<i64>(blockIdx.y) * blockDim.y + threadIdx.y; row < rows;
       row += static_cast<i64>(gridDim.y) * blockDim.y) {
#pragma unroll 1
    for (i64 i = thread; i < vectors; i += threads) body(Vector<N>{}, row, head + i * N);
#pragma unroll 1
    for (i64 i = thread; i < single; i += threads) {
      body(Vector<1>{}, row, i < head ? i : i + vectors * N);
    }
  }
}

// What a gate is made of: h = value * factor; without clamping, value is act(gate), factor up.
struct GatePoint {
  Curve act;
  float factor;
  bool gatePasses;  // whether a change of gate changes h
  bool upPasses;
};

template <int kCode, class ActivationCurve>
__device__ __forceinline__ GatePoint gatePoint(const ActivationCurve& curve, float gate, float up,
                                               float alpha, float inverseAlpha, float limit) {
  if constexpr (kCode == kClampedSilu) {
    // g sigmoid(alpha g) = silu(alpha g) / alpha. Comparisons are such that NaN passes.
    Curve act = curve.at(alpha * minKeepingNan(gate, limit));
    act.value *= inverseAlpha;
    const float clamped = maxKeepingNan(minKeepingNan(up, limit), -limit);
    return {act, clamped + 1.0f, !(gate > limit), !(fabsf(up) > limit)};
  } else {
    return {curve.at(gate), up, true, true};
  }
}

// Calls body(point), point(gate, up) being the GatePoint of that code.
template <class T, class Body>
__device__ __forceinline__ void withGate(int code, float alpha, float limit, Body body) {
  if ((code & ~kFastCode) == kClampedSilu) {
    const float inverseAlpha = 1.0f / alpha;
    const auto clamped = [&](auto curve) {
      body([=](float gate, float up) {
        return gatePoint<kClampedSilu>(curve, gate, up, alpha, inverseAlpha, limit);
      });
    };
    if (code == kClampedSilu) {
      clamped(ActivationCurve<typename AccurateOf<T>::Type, kSilu>{0.0f});
    } else {
      clamped(ActivationCurve<FastCurves, kSilu>{0.0f});
    }
  } else {
    withActivation<T>(code, 0.0f, [&](auto curve) {
      body([=](float gate, float up) {
        return gatePoint<kNone>(curve, gate, up, 0.0f, 0.0f, 0.0f);
      });
    });
  }
}

template <class T>
__device__ __forceinline__ void gluForward(PitchedRows<T> h, PitchedRows<const T> gate,
                                           PitchedRows<const T> up, i64 rows, i64 cols, int code,
                                           float alpha, float limit) {
  const u64 misfit = h.misfit(gate.data, rows) | gate.misfit(gate.data, rows) |
                     up.misfit(gate.data, rows) | (rows > 1 ? cols * sizeof(T) : 0);
  withGate<T>(code, alpha, limit, [&](auto gatePoint) {
    forEachOfRows<Storage<T>::kLanes>(
        rows, cols, headLength(gate.data, cols), (misfit & 15) == 0,
        [&](auto access, i64 row, i64 column) {
          auto g = access.load(gate.at(row, column));
          const auto u = access.load(up.at(row, column));
          forEachLane(g, [&](int i) {
            const GatePoint point = gatePoint(g.lane[i], u.lane[i]);
            g.lane[i] = point.act.value * point.factor;
          });
          access.store(h.at(row, column), g);
        });
  });
}

template <class T>
__device__ __forceinline__ void gluBackward(PitchedRows<T> dGate, PitchedRows<T> dUp,
                                            PitchedRows<T> h, PitchedRows<const T> dH,
                                            PitchedRows<const T> gate, PitchedRows<const T> up,
                                            i64 rows, i64 cols, int code, float alpha,
                                            float limit) {
  const u64 misfit = dGate.misfit(gate.data, rows) | dUp.misfit(gate.data, rows) |
                     h.misfit(gate.data, rows) | dH.misfit(gate.data, rows) |
                     gate.misfit(gate.data, rows) | up.misfit(gate.data, rows) |
                     (rows > 1 ? cols * sizeof(T) : 0);
  withGate<T>(code, alpha, limit, [&](auto gatePoint) {
    forEachOfRows<Storage<T>::kLanes>(
        rows, cols, headLength(gate.data, cols), (misfit & 15) == 0,
        [&](auto access, i64 row, i64 column) {
          auto g = access.load(gate.at(row, column));
          auto u = access.load(up.at(row, column));
          auto d = access.load(dH.at(row, column));
          forEachLane(g, [&](int i) {
            const GatePoint point = gatePoint(g.lane[i], u.lane[i]);
            const float upstream = d.lane[i];
            d.lane[i] = point.act.value * point.factor;
            g.lane[i] = point.gatePasses ? upstream * point.factor * point.act.derivative : 0.0f;
            u.lane[i] = point.upPasses ? upstream * point.act.value : 0.0f;
          });
          access.store(dGate.at(row, column), g);
          access.store(dUp.at(row, column), u);
          if (h.data != nullptr) access.store(h.at(row, column), d);
        });
  });
}

}  // namespace lockstep

using namespace lockstep;

#define ENTRIES(suffix, T)                                                                       \
  extern "C" __global__ void __launch_bounds__(256) glu_forward_##suffix(                        \
      T* h, const T* gate, const T* up, i64 hPitch, i64 gatePitch, i64 upPitch, i64 rows,        \
      i64 cols, int activation, float alpha, float limit) {                                      \
    gluForward<T>({h, hPitch}, {gate, gatePitch}, {up, upPitch}, rows, cols, activation, alpha,  \
                  limit);                                                                        \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(256, 4) glu_backward_##suffix(                    \
      T* dGate, T* dUp, T* h, const T* dH, const T* gate, const T* up, i64 dGatePitch,           \
      i64 dUpPitch, i64 hPitch, i64 dHPitch, i64 gatePitch, i64 upPitch, i64 rows, i64 cols,     \
      int activation, float alpha, float limit) {                                                \
    gluBackward<T>({dGate, dGatePitch}, {dUp, dUpPitch}, {h, hPitch}, {dH, dHPitch},             \
                   {gate, gatePitch}, {up, upPitch}, rows, cols, activation, alpha, limit);      \
  }

LOCKSTEP_FOR_EACH_TYPE(ENTRIES)
