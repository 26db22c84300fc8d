// What happens to the values of a finished tile: epilogues (gemm_finish.cuh) to be put together. T
// is what results are stored as.
#pragma once

#include "gemm_elements.cuh"

namespace lockstep {

// Whether all pointers are null, asked at once.
template <class... Address>
__device__ __forceinline__ bool allAbsent(const Address*... address) {
  return (reinterpret_cast<u64>(address) | ...) == 0;
}

// out = the rounded product.
template <class T>
struct StoreRounded {
  T* out;

  static constexpr int kSums = 0;
  static constexpr bool kStoresOnly = true;
  __device__ __forceinline__ bool quick() const { return true; }
  __device__ __forceinline__ bool aligned() const { return true; }
  __device__ __forceinline__ bool plain() const { return true; }
  __device__ __forceinline__ StoreRounded plainForm() const { return *this; }
  __device__ __forceinline__ StoreRounded quickForm() const { return *this; }

  template <int N>
  __device__ __forceinline__ Nothing atColumn(Vector<N>, i64, bool) const {
    return {};
  }

  template <int N>
  __device__ __forceinline__ void operator()(Vector<N>, i64 at, Nothing, Lanes<N> (&value)[1],
                                             Sums<0, N>&) const {
    Elements<T, N>::rounded(value[0]).store(out + at);
  }
};

// out += the product, in fp32; or = the product, where nothing is there yet.
struct Accumulate {
  float* out;
  bool fresh;

  static constexpr int kSums = 0;
  static constexpr bool kStoresOnly = false;
  __device__ __forceinline__ bool quick() const { return true; }
  __device__ __forceinline__ bool aligned() const { return true; }
  __device__ __forceinline__ bool plain() const { return true; }
  __device__ __forceinline__ Accumulate plainForm() const { return *this; }
  __device__ __forceinline__ Accumulate quickForm() const { return *this; }

  template <int N>
  __device__ __forceinline__ Nothing atColumn(Vector<N>, i64, bool) const {
    return {};
  }

  template <int N>
  __device__ __forceinline__ void operator()(Vector<N> access, i64 at, Nothing,
                                             Lanes<N> (&value)[1], Sums<0, N>&) const {
    Lanes<N> total = value[0];
    if (!fresh) total = sum(access.load(out + at), total);
    Elements<float, N>::rounded(total).store(out + at);
  }
};

// pre = out = the rounded product; pre is optional.
template <class T>
struct StoreTwice {
  T* pre;
  T* out;

  static constexpr int kSums = 0;

  template <int N>
  __device__ __forceinline__ Nothing atColumn(Vector<N>, i64, bool) const {
    return {};
  }

  template <int N>
  __device__ __forceinline__ void operator()(Vector<N>, i64 at, Nothing, Lanes<N> (&value)[1],
                                             Sums<0, N>&) const {
    const auto rounded = Elements<T, N>::rounded(value[0]);
    if (pre != nullptr) rounded.store(pre + at);
    rounded.store(out + at);
  }
};

// pre = the rounded product, out = act(pre) + residual, both optional. An absent residual adds
// nothing, not even the +0 that would turn a -0 around.
template <class T>
struct ActivateAndAdd {
  T* pre;
  T* out;
  const T* residual;
  int code;
  float slope;

  static constexpr int kSums = 0;
  __device__ __forceinline__ bool quick() const { return quickUnless(nullptr); }
  __device__ __forceinline__ bool quickUnless(const float* factor) const {
    return code == kNone && allAbsent(residual, factor);
  }
  __device__ __forceinline__ bool aligned() const { return true; }
  __device__ __forceinline__ bool plain() const { return pre == nullptr; }
  __device__ __forceinline__ StoreRounded<T> plainForm() const { return {out}; }
  __device__ __forceinline__ StoreTwice<T> quickForm() const { return {pre, out}; }

  template <int N>
  __device__ __forceinline__ Nothing atColumn(Vector<N>, i64, bool) const {
    return {};
  }

  template <int N>
  __device__ __forceinline__ void operator()(Vector<N>, i64 at, Nothing, Lanes<N> (&value)[1],
                                             Sums<0, N>&) const {
    using Stored = Elements<T, N>;
    const Stored z = Stored::rounded(value[0]);
    if (pre != nullptr) z.store(pre + at);
    if (quick()) {
      z.store(out + at);
      return;
    }
    Lanes<N> result = activated<T>(code, slope, z.lanes());
    if (residual != nullptr) result = sum(result, Stored::load(residual + at).lanes());
    Stored::rounded(result).store(out + at);
  }
};

// gate and up = the rounded products, h = act(gate) * up, each optional.
template <class T>
struct GateAndMultiply {
  T* gate;
  T* up;
  T* h;
  int code;

  static constexpr int kSums = 0;
  __device__ __forceinline__ bool quick() const { return false; }
  __device__ __forceinline__ bool aligned() const { return true; }
  __device__ __forceinline__ bool plain() const { return false; }
  __device__ __forceinline__ StoreRounded<T> plainForm() const { return {h}; }
  __device__ __forceinline__ StoreRounded<T> quickForm() const { return {h}; }

  template <int N>
  __device__ __forceinline__ Nothing atColumn(Vector<N>, i64, bool) const {
    return {};
  }

  template <int N>
  __device__ __forceinline__ void operator()(Vector<N>, i64 at, Nothing, Lanes<N> (&value)[2],
                                             Sums<0, N>&) const {
    using Stored = Elements<T, N>;
    const Stored g = Stored::rounded(value[0]);
    const Stored u = Stored::rounded(value[1]);
    if (gate != nullptr) g.store(gate + at);
    if (up != nullptr) u.store(up + at);
    if (h == nullptr) return;
    Stored::rounded(product(activated<T>(code, 0.0f, g.lanes()), u.lanes())).store(h + at);
  }
};

// The rounded product is the gradient of what left an activation, or a gate; it becomes that of
// what went in, and the columns of that are summed where there is a place for partial sums:
//
//   pre absent   dX = product
//   up absent    dX = product * act'(pre)
//   else         dX = product * up * act'(pre), dUp = product * act(pre), and h = act(pre) * up
//                once more, where it is asked for
//
// Sums are of what is stored.
template <class T>
struct InputGradient {
  T* dX;
  T* dUp;
  T* h;
  const T* pre;
  const T* up;
  float* sumOf[2];  // of dX and of dUp: a row for each tile's rows
  int code;
  float slope;

  static constexpr int kSums = 2;
  __device__ __forceinline__ bool quick() const { return quickUnless(nullptr); }
  __device__ __forceinline__ bool quickUnless(const float* factor) const {
    return allAbsent(pre, sumOf[0], factor);
  }
  __device__ __forceinline__ bool aligned() const { return rowsAligned(0, pre, up, dUp, h); }
  __device__ __forceinline__ bool plain() const { return true; }  // if quick
  __device__ __forceinline__ StoreRounded<T> plainForm() const { return {dX}; }
  __device__ __forceinline__ StoreRounded<T> quickForm() const { return {dX}; }
  __device__ __forceinline__ bool summing() const { return !allAbsent(sumOf[0], sumOf[1]); }
  __device__ __forceinline__ float* partials(int i) const { return sumOf[i]; }

  template <int N>
  __device__ __forceinline__ Nothing atColumn(Vector<N>, i64, bool) const {
    return {};
  }

  template <int N>
  __device__ __forceinline__ void operator()(Vector<N>, i64 at, Nothing, Lanes<N> (&value)[1],
                                             Sums<2, N>& sums) const {
    using Stored = Elements<T, N>;
    Stored gradient = Stored::rounded(value[0]);
    if (pre != nullptr) {
      const CurveLanes<N> act = curves<T>(code, slope, Stored::load(pre + at).lanes());
      Lanes<N> upstream = gradient.lanes();
      if (up != nullptr) {
        const Lanes<N> factor = Stored::load(up + at).lanes();
        if (h != nullptr) Stored::rounded(product(act.value, factor)).store(h + at);
        const Stored raised = Stored::rounded(product(upstream, act.value));
        raised.store(dUp + at);
        if (sumOf[1] != nullptr) sums.of[1] = sum(sums.of[1], raised.lanes());
        upstream = product(upstream, factor);
      }
      gradient = Stored::rounded(product(upstream, act.derivative));
    }
    gradient.store(dX + at);
    if (sumOf[0] != nullptr) sums.of[0] = sum(sums.of[0], gradient.lanes());
  }
};

// Biases (or none) first, then the rest.
template <class T, int kProducts, class Then>
struct Biased {
  const T* bias[kProducts];
  Then then;

  template <class Other>
  using With = Biased<T, kProducts, Other>;

  template <int N>
  struct Known {
    Lanes<N> bias[kProducts];
  };

  __device__ __forceinline__ bool quick() const { return then.quick(); }
  __device__ __forceinline__ bool quickUnless(const float* factor) const {
    return then.quickUnless(factor);
  }
  __device__ __forceinline__ bool aligned() const { return then.aligned(); }
  __device__ __forceinline__ bool plain() const { return bias[0] == nullptr && then.plain(); }
  __device__ __forceinline__ auto plainForm() const { return then.plainForm(); }
  __device__ __forceinline__ auto quickForm() const {
    With<decltype(then.quickForm())> form{{}, then.quickForm()};
#pragma unroll
    for (int i = 0; i < kProducts; i++) form.bias[i] = bias[i];
    return form;
  }
  static constexpr int kSums = Then::kSums;

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

  template <int N, class AnySums>
  __device__ __forceinline__ void operator()(Vector<N> access, i64 at, const Known<N>& known,
                                             Lanes<N> (&value)[kProducts], AnySums& sums) const {
#pragma unroll
    for (int i = 0; i < kProducts; i++) {
      if (bias[i] != nullptr) value[i] = sum(value[i], known.bias[i]);
    }
    then(access, at, Nothing{}, value, sums);
  }
};

// The product times a factor from device memory (or none) first, then the rest. A factor is never
// quick: it would take the code of whole tiles twice.
template <class Then>
struct Scaled {
  const float* scale;
  Then then;

  template <class Known>
  struct WithScale {
    float scale;
    Known known;
  };

  static constexpr int kSums = Then::kSums;
  __device__ __forceinline__ bool quick() const { return then.quickUnless(scale); }
  __device__ __forceinline__ bool plain() const { return then.plain(); }
  __device__ __forceinline__ bool aligned() const { return then.aligned(); }
  __device__ __forceinline__ auto plainForm() const { return then.plainForm(); }
  __device__ __forceinline__ auto quickForm() const { return then.quickForm(); }
  __device__ __forceinline__ bool summing() const { return then.summing(); }
  __device__ __forceinline__ float* partials(int i) const { return then.partials(i); }

  template <int N>
  __device__ __forceinline__ auto atColumn(Vector<N> access, i64 column, bool inside) const {
    using Known = decltype(then.atColumn(access, column, inside));
    return WithScale<Known>{scale != nullptr ? *scale : 1.0f,
                            then.atColumn(access, column, inside)};
  }

  template <int N, class Known, int kProducts, class AnySums>
  __device__ __forceinline__ void operator()(Vector<N> access, i64 at,
                                             const WithScale<Known>& known,
                                             Lanes<N> (&value)[kProducts], AnySums& sums) const {
    if (scale != nullptr) {
#pragma unroll
      for (int i = 0; i < kProducts; i++) value[i] = product(value[i], access.splat(known.scale));
    }
    then(access, at, known.known, value, sums);
  }
};

}  // namespace lockstep
