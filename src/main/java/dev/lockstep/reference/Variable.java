package dev.lockstep.reference;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A dense, row-major n-dimensional array of doubles that remembers how it came about. Its arrays
 * are not copies: read them, do not write.
 */
public final class Variable {
  private final Tape tape;
  private final int[] shape;
  private final double[] values;
  private double @Nullable [] gradient;
  private double @Nullable [] tangent;

  Variable(Tape tape, double[] values, int[] shape) {
    if (values.length != count(shape)) {
      throw new IllegalArgumentException(
          "shape %s needs %d values, got %d"
              .formatted(Arrays.toString(shape), count(shape), values.length));
    }
    this.tape = tape;
    this.shape = shape.clone();
    this.values = values;
  }

  /** The number of elements of a shape. */
  static int count(int... shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  Tape tape() {
    return tape;
  }

  public int[] shape() {
    return shape.clone();
  }

  /** The number of elements. */
  public int count() {
    return values.length;
  }

  /** The extent of the last dimension. */
  public int columns() {
    return shape[shape.length - 1];
  }

  /** The product of all extents but the last. */
  public int rows() {
    return count(Arrays.copyOf(shape, shape.length - 1));
  }

  public double[] values() {
    return values;
  }

  /** The value of a variable of one element. */
  public double scalar() {
    if (values.length != 1) {
      throw new IllegalStateException("no scalar: shape " + Arrays.toString(shape));
    }
    return values[0];
  }

  /** What reverse mode found: zero where nothing depends on this variable. */
  public double[] gradient() {
    double[] found = gradient;
    if (found == null) {
      found = new double[values.length];
      gradient = found;
    }
    return found;
  }

  /** What forward mode found: zero unless a {@link #seedTangent seed} reaches this variable. */
  public double[] tangent() {
    double[] found = tangent;
    if (found == null) {
      found = new double[values.length];
      tangent = found;
    }
    return found;
  }

  /** Whether reverse mode has reached this variable. */
  boolean hasGradient() {
    return gradient != null;
  }

  /** Whether forward mode has reached this variable. */
  boolean hasTangent() {
    return tangent != null;
  }

  /** Adds an upstream gradient, for {@link Tape#reverse} to carry to the inputs. */
  public void seedGradient(double... upstream) {
    addTo(gradient(), upstream);
  }

  /** Adds a direction, for {@link Tape#forward} to carry to the outputs. */
  public void seedTangent(double... direction) {
    addTo(tangent(), direction);
  }

  private static void addTo(double[] target, double[] values) {
    if (values.length != target.length) {
      throw new IllegalArgumentException(
          "seed of " + values.length + " values for " + target.length + " elements");
    }
    for (int i = 0; i < target.length; i++) {
      target[i] += values[i];
    }
  }
}
