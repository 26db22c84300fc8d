// CUDA's single-precision math functions, one kernel each: x = f(x). functions.ptx is
// what make -C kernels makes of it.
#define KERNEL(name, expression)                                              \
  extern "C" __global__ void name(float* x, long long n) {                    \
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;           \
    if (i < n) {                                                              \
      float v = x[i];                                                         \
      x[i] = expression;                                                      \
    }                                                                         \
  }

KERNEL(k_expf, expf(v))
KERNEL(k_exp2f, exp2f(v))
KERNEL(k_expm1f, expm1f(v))
KERNEL(k_logf, logf(v))
KERNEL(k_log2f, log2f(v))
KERNEL(k_log1pf, log1pf(v))
KERNEL(k_tanhf, tanhf(v))
KERNEL(k_sinf, sinf(v))
KERNEL(k_cosf, cosf(v))
KERNEL(k_cbrtf, cbrtf(v))
KERNEL(k_sqrtf, sqrtf(v))
KERNEL(k_rsqrtf, rsqrtf(v))
KERNEL(k_powf, powf(v, 3.125f))
KERNEL(k_fmodf, fmodf(v, 2.5f))
KERNEL(k_divide, v / 3.7f)
