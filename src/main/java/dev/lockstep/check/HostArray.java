package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import java.util.Arrays;
import java.util.stream.DoubleStream;

/** Numbers on the host with a shape, row-major. Integers are kept as the doubles they equal. */
final class HostArray {
  private final double[] values;
  private final int[] shape;

  HostArray(double[] values, int... shape) {
    if (values.length != Arrays.stream(shape).reduce(1, Math::multiplyExact)) {
      throw new IllegalArgumentException(
          values.length + " values do not have shape " + Arrays.toString(shape));
    }
    this.values = values;
    this.shape = shape.clone();
  }

  /** Integers. */
  static HostArray of(int[] values, int... shape) {
    return new HostArray(Arrays.stream(values).asDoubleStream().toArray(), shape);
  }

  double[] values() {
    return values;
  }

  int[] shape() {
    return shape.clone();
  }

  long[] extents() {
    return Arrays.stream(shape).asLongStream().toArray();
  }

  int count() {
    return values.length;
  }

  int columns() {
    return shape[shape.length - 1];
  }

  int rows() {
    return count() / columns();
  }

  int[] ints() {
    return Arrays.stream(values).mapToInt(value -> (int) value).toArray();
  }

  /** Each element rounded to what {@code dtype} can store. */
  HostArray rounded(DType dtype) {
    return new HostArray(Arrays.stream(values).map(dtype::round).toArray(), shape);
  }

  /** The largest magnitude of a finite element; 0 when there is none. */
  static double maxAbs(double... values) {
    return DoubleStream.of(values).filter(Double::isFinite).map(Math::abs).max().orElse(0);
  }

  double maxAbs() {
    return maxAbs(values);
  }
}
