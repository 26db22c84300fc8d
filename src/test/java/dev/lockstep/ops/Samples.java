package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Numbers to compute with, the same in every run. */
final class Samples {
  private Samples() {}

  /** Whole numbers from −bound to bound: their products and sums are exact in fp32. */
  static double[] integers(long seed, long count, int bound) {
    SplittableRandom random = new SplittableRandom(seed);
    return random.ints(count, -bound, bound + 1).asDoubleStream().toArray();
  }

  /** Normally distributed numbers that {@code dtype} stores exactly. */
  static double[] normal(long seed, long count, DType dtype) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] values = new double[Math.toIntExact(count)];
    Arrays.setAll(values, i -> dtype.round(random.nextGaussian()));
    return values;
  }

  /** Each number rounded to storage once. */
  static double[] rounded(DType dtype, double[] values) {
    return Arrays.stream(values).map(dtype::round).toArray();
  }

  /** Each number rounded to TF32, the nearest with 11 significant bits, ties away from zero. */
  static double[] tf32(double[] values) {
    return Arrays.stream(values)
        .map(x -> Float.intBitsToFloat((Float.floatToIntBits((float) x) + 0x1000) & ~0x1fff))
        .toArray();
  }

  /** {@code count} rows of {@code cols} from {@code from} on. */
  static double[] rows(double[] values, int from, int count, int cols) {
    return Arrays.copyOfRange(values, from * cols, (from + count) * cols);
  }

  /** The largest magnitude. */
  static double largest(double[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElse(0);
  }
}
