package dev.lockstep.simulator.intrinsic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two rows at once against one element at a time. */
class IntegerProductTests {
  /** Largest sums come from the ends of the types, and accumulators at the ends of theirs. */
  @ParameterizedTest
  @CsvSource({
    "8, 8, 16, -128, 127, -128, 127",
    "16, 8, 16, 0, 255, -128, 127",
    "16, 8, 32, -128, 127, 0, 255",
    "16, 8, 32, 0, 255, 0, 255",
    "16, 8, 64, -8, 7, 0, 15",
    "32, 8, 16, -128, 127, -128, 127",
    "8, 32, 16, 0, 255, 0, 255",
  })
  void agreesWithPlainSums(int m, int n, int k, int leastA, int mostA, int leastB, int mostB) {
    SplittableRandom random = new SplittableRandom(31L * m + k);
    MatrixShape shape = new MatrixShape(1, m, n, k);
    for (int round = 0; round < 60; round++) {
      boolean saturate = round % 2 == 0;
      int[] a = numbers(random, m * k, leastA, mostA, round % 3);
      int[] b = numbers(random, n * k, leastB, mostB, round % 5);
      int[] c = numbers(random, m * n, Integer.MIN_VALUE, Integer.MAX_VALUE, round % 3);
      int[] expected = plain(shape, a, b, c, saturate);
      IntegerProduct.multiply(shape, a, b, c, new long[1024], saturate);
      assertThat(c).isEqualTo(expected);
    }
  }

  /** Anything, the ends alone, or the lower end alone. */
  private static int[] numbers(SplittableRandom random, int count, int least, int most, int kind) {
    return random
        .ints(count)
        .map(
            bits ->
                switch (kind) {
                  case 0 -> (int) (least + (bits & 0xffffffffL) % ((long) most - least + 1));
                  case 1 -> bits < 0 ? least : most;
                  default -> least;
                })
        .toArray();
  }

  private static int[] plain(MatrixShape shape, int[] a, int[] b, int[] c, boolean saturate) {
    int[] result = new int[c.length];
    for (int at = 0; at < c.length; at++) {
      long sum = c[at];
      for (int l = 0; l < shape.k(); l++) {
        sum += a[at / shape.n() * shape.k() + l] * (long) b[at % shape.n() * shape.k() + l];
      }
      result[at] =
          saturate
              ? (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, sum))
              : (int) sum;
    }
    return result;
  }
}
