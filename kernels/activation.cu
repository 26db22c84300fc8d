// Activation functions, elementwise.
//
//   forward    y  = act(x)
//   backward   dx = dy * act'(x)          x is the pre-activation forward was given
//
// x, y, dy, dx: n elements of T, any n from 0 up, any element alignment. All outputs are
// overwritten (=). In place is allowed: y may be the same tensor as x, dx the same as dy or x.
//
// Unfused by nature: this is the path for an activation that no matmul precedes, and the witness
// the fused epilogues are compared with. Both compute in fp32 and round once. Accuracy:
// activations.cuh.
// Fewest bytes: forward 2 n sizeof(T), backward 3 n sizeof(T); both move exactly that, in 16-byte
// accesses where all addresses are equally far from a multiple of 16.
//
// activation: 0 none, 1 relu, 2 leaky_relu (slope), 3 sigmoid, 4 tanh, 5 silu, 6 gelu_tanh,
// 7 gelu_erf; 16 more for the fast form of 3 to 7. It is looked at once per thread.
// Launch: block 256, any grid (threads stride over the data).

#include "activations.cuh"
#include "lanes.cuh"

namespace lockstep {

template <class T>
__device__ __forceinline__ void activationForward(T* y, const T* x, i64 n, int code, float slope) {
  const i64 head = headLength(x, n);
  const bool vectors = sameAlignment16(x, y);
  withActivation<T>(code, slope, [&](auto curve) {
    forEachElement<Storage<T>::kLanes>(n, head, vectors, [&](auto access, i64 at) {
      auto lanes = access.load(x + at);
      forEachLane(lanes, [&](int i) { lanes.lane[i] = curve.at(lanes.lane[i]).value; });
      access.store(y + at, lanes);
    });
  });
}

template <class T>
__device__ __forceinline__ void activationBackward(T* dx, const T* dy, const T* x, i64 n, int code,
                                                   float slope) {
  const i64 head = headLength(x, n);
  const bool vectors = sameAlignment16(x, dy) && sameAlignment16(x, dx);
  withActivation<T>(code, slope, [&](auto curve) {
    forEachElement<Storage<T>::kLanes>(n, head, vectors, [&](auto access, i64 at) {
      const auto lanes = access.load(x + at);
      auto gradient = access.load(dy + at);
      forEachLane(lanes, [&](int i) { gradient.lane[i] *= curve.at(lanes.lane[i]).derivative; });
      access.store(dx + at, gradient);
    });
  });
}

}  // namespace lockstep

using namespace lockstep;

#define ENTRIES(suffix, T)                                                                  \
  extern "C" __global__ void __launch_bounds__(256)                                         \
      activation_forward_##suffix(T* y, const T* x, i64 n, int activation, float slope) {   \
    activationForward(y, x, n, activation, slope);                                          \
  }                                                                                         \
  extern "C" __global__ void __launch_bounds__(256) activation_backward_##suffix(           \
      T* dx, const T* dy, const T* x, i64 n, int activation, float slope) {                 \
    activationBackward(dx, dy, x, n, activation, slope);                                    \
  }

LOCKSTEP_FOR_EACH_TYPE(ENTRIES)
