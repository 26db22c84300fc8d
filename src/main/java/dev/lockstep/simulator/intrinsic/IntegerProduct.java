package dev.lockstep.simulator.intrinsic;

/** Products of matrices of integers of up to eight bits, added to integers of 32. */
public final class IntegerProduct {
  private IntegerProduct() {}

  /**
   * C += A·B. Two rows of A are multiplied at once: of {@code x + 2³²·y} the sum of products with b
   * is {@code Σxb + 2³²·Σyb}, and as neither sum needs 32 bits, they come apart again.
   *
   * @param a m×k, an even number of rows
   * @param b n columns of k
   * @param c m×n
   * @param pairs room for half of A
   * @param saturate whether a result beyond 32 bits becomes the nearest that fits; it wraps if not
   */
  public static void multiply(
      MatrixShape shape, int[] a, int[] b, int[] c, long[] pairs, boolean saturate) {
    int k = shape.k();
    int n = shape.n();
    int half = shape.m() / 2;
    for (int i = 0; i < half * k; i++) {
      pairs[i] = a[i] + ((long) a[half * k + i] << 32);
    }
    for (int i = 0; i < half; i++) {
      for (int j = 0; j < n; j++) {
        long sum = 0;
        for (int l = 0; l < k; l++) {
          sum += pairs[i * k + l] * b[j * k + l];
        }
        int upper = i * n + j;
        int lower = upper + half * n;
        int first = (int) sum;
        c[upper] = plus(c[upper], first, saturate);
        c[lower] = plus(c[lower], (int) (sum - first >> 32), saturate);
      }
    }
  }

  private static int plus(int c, int sum, boolean saturate) {
    return saturate ? Math.clamp((long) c + sum, Integer.MIN_VALUE, Integer.MAX_VALUE) : c + sum;
  }
}
