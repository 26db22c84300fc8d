// What happens to the values of a finished tile: epilogues (gemm_finish.cuh) to be put together. T
// is what results are stored as.
#pragma once

#include "elementwise.cuh"
#include "gemm_finish.cuh"

namespace lockstep {

// out = the rounded product.
template <class T>
struct StoreRounded {
  T* out;

  __device__ __forceinline__ bool quick() const { return true; }
  __device__ __forceinline__ bool plain() const { return true; }
  __device__ __forceinline__ StoreRounded plainForm() const { return *this; }
  static constexpr bool kStoresOnly = true;

  template <int N>
  __device__ __forceinline__ Nothing atColumn(Vector<N>, i64, bool) const {
    return {};
  }

  template <int N>
  __device__ __forceinline__ void operator()(Vector<N>, i64 at, Nothing,
                                             Lanes<N> (&value)[1]) const {
    if constexpr (N == 1) {
      storeFloat(out + at, value[0].lane[0]);
    } else {
      storeWords(out + at, packed<T>(value[0]));
    }
  }
};

// The rounded products (kept, where a place for them is given), and what is read beside them, go
// through function(const float (&in)[kProducts + kOperands], float (&out)[kOutputs]). An absent
// operand is zero.
template <class T, int kProducts, int kOperands, int kOutputs, class Function>
struct MapRounded {
  T* kept[kProducts];
  const T* operand[kOperands > 0 ? kOperands : 1];
  T* out[kOutputs];
  bool identity;  // out is the rounded product itself, and the function is not needed
  Function function;

  static constexpr int kInputs = kProducts + kOperands;
  static constexpr int kWords = kInputs > kOutputs ? kInputs : kOutputs;

  __device__ __forceinline__ bool quick() const { return identity; }
  __device__ __forceinline__ bool plain() const { return identity && kept[0] == nullptr; }
  __device__ __forceinline__ StoreRounded<T> plainForm() const { return {out[0]}; }

  template <int N>
  __device__ __forceinline__ Nothing atColumn(Vector<N>, i64, bool) const {
    return {};
  }

  template <int N>
  __device__ __forceinline__ void operator()(Vector<N>, i64 at, Nothing,
                                             Lanes<N> (&value)[kProducts]) const {
    if constexpr (N == 1) {
      float in[kWords];
      float results[kOutputs];
#pragma unroll
      for (int i = 0; i < kProducts; i++) {
        in[i] = roundTo<T>(value[i].lane[0]);
        if (kept[i] != nullptr) storeFloat(kept[i] + at, in[i]);
      }
#pragma unroll
      for (int i = 0; i < kOperands; i++) {
        in[kProducts + i] = operand[i] != nullptr ? loadFloat(operand[i] + at) : 0.0f;
      }
      if (identity) {
        storeFloat(out[0] + at, in[0]);
        return;
      }
      function(in, results);
#pragma unroll
      for (int i = 0; i < kOutputs; i++) storeFloat(out[i] + at, results[i]);
    } else {
      uint4 raw[kWords];
#pragma unroll
      for (int i = 0; i < kProducts; i++) {
        raw[i] = packed<T>(value[i]);
        if (kept[i] != nullptr) storeWords(kept[i] + at, raw[i]);
      }
      if (!identity) {
#pragma unroll
        for (int i = 0; i < kOperands; i++) {
          raw[kProducts + i] = operand[i] != nullptr
                                   ? *reinterpret_cast<const uint4*>(operand[i] + at)
                                   : make_uint4(0, 0, 0, 0);
        }
#pragma unroll
        for (int i = kInputs; i < kWords; i++) raw[i] = make_uint4(0, 0, 0, 0);
        mapWords<T, kOutputs>(raw, function);
      }
#pragma unroll
      for (int i = 0; i < kOutputs; i++) storeWords(out[i] + at, raw[i]);
    }
  }
};

// out += the product, in fp32.
struct Accumulate {
  float* out;

  __device__ __forceinline__ bool quick() const { return true; }
  __device__ __forceinline__ bool plain() const { return true; }
  __device__ __forceinline__ Accumulate plainForm() const { return *this; }
  static constexpr bool kStoresOnly = false;

  template <int N>
  __device__ __forceinline__ Nothing atColumn(Vector<N>, i64, bool) const {
    return {};
  }

  template <int N>
  __device__ __forceinline__ void operator()(Vector<N> access, i64 at, Nothing,
                                             Lanes<N> (&value)[1]) const {
    access.store(out + at, sum(access.load(out + at), value[0]));
  }
};

// Biases (or none) first, then the rest.
template <class T, int kProducts, class Then>
struct Biased {
  const T* bias[kProducts];
  Then then;

  template <int N>
  struct Known {
    Lanes<N> bias[kProducts];
  };

  __device__ __forceinline__ bool quick() const { return then.quick(); }
  __device__ __forceinline__ bool plain() const { return bias[0] == nullptr && then.plain(); }
  __device__ __forceinline__ auto plainForm() const { return then.plainForm(); }

  template <int N>
  __device__ __forceinline__ Known<N> atColumn(Vector<N> access, i64 column, bool inside) const {
    Known<N> known;
#pragma unroll
    for (int i = 0; i < kProducts; i++) {
      known.bias[i] =
          inside && bias[i] != nullptr ? access.load(bias[i] + column) : access.splat(0.0f);
    }
    return known;
  }

  template <int N>
  __device__ __forceinline__ void operator()(Vector<N> access, i64 at, const Known<N>& known,
                                             Lanes<N> (&value)[kProducts]) const {
#pragma unroll
    for (int i = 0; i < kProducts; i++) {
      if (bias[i] != nullptr) value[i] = sum(value[i], known.bias[i]);
    }
    then(access, at, Nothing{}, value);
  }
};

}  // namespace lockstep
