package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import java.util.Arrays;

/** A gradient of a list, as numbers. */
record Gradient(DType dtype, double... values) {
  static Gradient filled(DType dtype, int count, double value) {
    double[] values = new double[count];
    Arrays.fill(values, value);
    return new Gradient(dtype, values);
  }
}
