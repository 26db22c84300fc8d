// Activation functions, elementwise.
//
//   forward    y  = act(x)
//   backward   dx = dy * act'(x)          x is the pre-activation forward was given
//
// x, y, dy, dx: n elements of T, any n from 0 up, any element alignment. All outputs are
// overwritten (=); dx may be the same tensor as dy or x, y the same as x.
//
// Unfused by nature: this is the path for an activation that no matmul precedes, and the witness
// the fused epilogues are compared with. Both compute in fp32 and round once.
// Fewest bytes: forward 2 n sizeof(T), backward 3 n sizeof(T); both move exactly that.
//
// activation: 0 none, 1 relu, 2 leaky_relu (slope), 3 sigmoid, 4 tanh, 5 silu, 6 gelu_tanh,
// 7 gelu_erf.
// Launch: block 256, any grid (threads stride over the data).

#include "activations.cuh"
#include "elementwise.cuh"

namespace lockstep {

template <class T>
__device__ __forceinline__ void activationForward(T* y, const T* x, i64 n, int code, float slope) {
  const Activation activation(code, slope);
  T* const out[1] = {y};
  const T* const in[1] = {x};
  mapElements<T>(out, in, n, [&](const float (&value)[1], float (&result)[1]) {
    result[0] = activation.value(value[0]);
  });
}

template <class T>
__device__ __forceinline__ void activationBackward(T* dx, const T* dy, const T* x, i64 n, int code,
                                                   float slope) {
  const Activation activation(code, slope);
  T* const out[1] = {dx};
  const T* const in[2] = {dy, x};
  mapElements<T>(out, in, n, [&](const float (&value)[2], float (&result)[1]) {
    result[0] = value[0] * activation.derivative(value[1]);
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
