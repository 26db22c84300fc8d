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
  private final boolean needsGradient;
  private Variable original = this;
  private double @Nullable [] gradient;
  private double @Nullable [] gradientSeed;
  private double @Nullable [] tangent;
  private double @Nullable [] tangentSeed;

  Variable(Tape tape, double[] values, int[] shape, boolean needsGradient) {
    requireCount(values, shape);
    this.tape = tape;
    this.shape = shape.clone();
    this.values = values;
    this.needsGradient = needsGradient;
  }

  static void requireCount(double[] values, int[] shape) {
    if (values.length != count(shape)) {
      throw new IllegalArgumentException(
          "shape %s needs %d values, got %d"
              .formatted(Arrays.toString(shape), count(shape), values.length));
    }
  }

  /** The number of elements of a shape. */
  static int count(int... shape) {
    int count = 1;
    for (int extent : shape) {
      count = Math.multiplyExact(count, extent);
    }
    return count;
  }

  /** Makes this a rearrangement of {@code x}, which needs no memory of its own. */
  Variable viewing(Variable x) {
    original = x.original;
    return this;
  }

  /** What this is a rearrangement of; itself if of nothing. */
  Variable original() {
    return original;
  }

  /** Where this was recorded. */
  public Tape tape() {
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

  /** Whether it depends on anything but constants. */
  public boolean needsGradient() {
    return needsGradient;
  }

  /**
   * What reverse mode found: zero where nothing depends on this variable. That of an input is the
   * sum over all sweeps of its tape, that of a result is of the last sweep alone.
   */
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

  /** Goes back to the seed, and returns what was there before. */
  double @Nullable [] restartGradient() {
    double[] before = gradient;
    gradient = gradientSeed == null ? null : gradientSeed.clone();
    return before;
  }

  /** Goes back to the seed. */
  void restartTangent() {
    tangent = tangentSeed == null ? null : tangentSeed.clone();
  }

  /** Has no seed any more. */
  void forgetSeeds() {
    gradientSeed = null;
    tangentSeed = null;
  }

  /**
   * Adds an upstream gradient, for {@link Tape#reverse} to carry to the inputs.
   *
   * @throws IllegalStateException if this depends on constants alone
   */
  public void seedGradient(double... upstream) {
    if (!needsGradient) {
      throw new IllegalStateException("nothing this depends on needs a gradient");
    }
    gradientSeed = sum(gradientSeed, upstream);
  }

  /** Adds a direction, for {@link Tape#forward} to carry to the outputs. */
  public void seedTangent(double... direction) {
    tangentSeed = sum(tangentSeed, direction);
  }

  private double[] sum(double @Nullable [] seed, double[] more) {
    if (more.length != values.length) {
      throw new IllegalArgumentException(
          "seed of " + more.length + " values for " + values.length + " elements");
    }
    double[] sum = seed == null ? new double[values.length] : seed;
    Elementwise.addScaled(sum, 1, more);
    return sum;
  }
}
