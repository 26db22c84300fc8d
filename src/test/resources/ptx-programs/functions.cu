// What the compiler makes of functions it may not inline: make -C kernels.

struct Point {
  int a;
  double b;
  char c[3];
};

__device__ __noinline__ Point shifted(int by, Point p, float f) {
  Point r = p;
  r.a += by;
  r.b *= f;
  r.c[1] = by;
  return r;
}

extern "C" __global__ void structs(int* out, int n) {
  Point p{n, 2.0, {1, 2, 3}};
  Point r = shifted(threadIdx.x, p, 0.5f + threadIdx.x);
  out[threadIdx.x] = r.a * 1000 + (int)r.b * 10 + r.c[1] + r.c[2];
}

__device__ __noinline__ int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

__device__ __noinline__ int odd(int n);
__device__ __noinline__ int even(int n) { return n == 0 ? 1 : odd(n - 1); }
__device__ __noinline__ int odd(int n) { return n == 0 ? 0 : even(n - 1); }

extern "C" __global__ void recursion(int* out, int n) {
  int t = threadIdx.x;
  out[t] = fib(t % n) * 10 + even(t);
}

typedef int (*Function)(int);
__device__ int next(int x) { return x + 1; }
__device__ int twice(int x) { return x * 2; }
__device__ Function table[2] = {next, twice};

extern "C" __global__ void pointers(int* out, int n) {
  out[threadIdx.x] = table[(threadIdx.x + n) & 1](threadIdx.x);
}

struct Base {
  int k;
  __device__ Base(int k) : k(k) {}
  virtual __device__ int run(int x) { return x + k; }
};
struct Derived : Base {
  __device__ Derived(int k) : Base(k) {}
  __device__ int run(int x) override { return x * k; }
};

extern "C" __global__ void methods(int* out, int n) {
  Base b(n);
  Derived d(n);
  Base* p = threadIdx.x & 1 ? &b : &d;
  out[threadIdx.x] = p->run(threadIdx.x);
}

extern "C" __global__ void choice(int* out, int n) {
  int t = threadIdx.x;
  int r;
  switch ((t + n) & 15) {
    case 0: r = t * 3; break;
    case 1: r = t / 7; break;
    case 2: r = t ^ 5; break;
    case 3: r = fib(t & 7); break;
    case 4: r = t << 3; break;
    case 5: r = even(t); break;
    case 6: r = t % 11; break;
    case 7: r = -t; break;
    default: r = 77;
  }
  out[t] = r;
}

// Takes a local array's address, indexes it by thread, and sorts in it by recursion.
__device__ __noinline__ void sort(int* v, int from, int to) {
  if (to - from < 2) return;
  int pivot = v[from];
  int i = from;
  for (int j = from + 1; j < to; j++) {
    if (v[j] < pivot) {
      int x = v[++i];
      v[i] = v[j];
      v[j] = x;
    }
  }
  v[from] = v[i];
  v[i] = pivot;
  sort(v, from, i);
  sort(v, i + 1, to);
}

extern "C" __global__ void quicksort(int* out, int n) {
  int v[24];
  unsigned x = threadIdx.x * 2654435761u + n;
  for (int i = 0; i < 24; i++) {
    x = x * 1664525u + 1013904223u;
    v[i] = x >> 20;
  }
  sort(v, 0, 24);
  int ordered = 0;
  for (int i = 1; i < 24; i++) ordered += v[i - 1] <= v[i];
  out[threadIdx.x] = ordered * 10000 + v[threadIdx.x % 24];
}
