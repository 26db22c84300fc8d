package dev.lockstep.tensor;

import java.util.Arrays;

/**
 * Extents of a dense row-major array, outermost first. Immutable; every extent is at least 1 (or 0,
 * where that was asked for), and the number of elements fits a {@code long}. {@code Shape.of()} is
 * a scalar.
 */
public final class Shape {
  private final long[] extents;
  private final long rows;
  private final long count;

  private Shape(long[] extents, int least) {
    this.extents = extents;
    long product = 1;
    long before = 1;
    for (int axis = 0; axis < extents.length; axis++) {
      if (extents[axis] < least) {
        throw new IllegalArgumentException(
            "extent %d of axis %d must be at least %d".formatted(extents[axis], axis, least));
      }
      before = product;
      try {
        product = Math.multiplyExact(product, extents[axis]);
      } catch (ArithmeticException overflow) {
        throw new IllegalArgumentException(
            "shape " + Arrays.toString(extents) + " has more than 2^63-1 elements", overflow);
      }
    }
    rows = before;
    count = product;
  }

  /**
   * A shape of these extents, outermost first.
   *
   * @throws IllegalArgumentException for an extent below 1 or a product past 2^63-1
   */
  public static Shape of(long... extents) {
    return new Shape(extents.clone(), 1);
  }

  /**
   * A shape of these extents, of which some may be 0: that of a tensor without elements. Matrix
   * products take those; other ops refuse them.
   *
   * @throws IllegalArgumentException for an extent below 0 or a product past 2^63-1
   */
  public static Shape possiblyEmpty(long... extents) {
    return new Shape(extents.clone(), 0);
  }

  /** Number of axes; 0 for a scalar. */
  public int rank() {
    return extents.length;
  }

  /** The extent of an axis, counted from the outermost. */
  public long extent(int axis) {
    return extents[axis];
  }

  /** Number of elements. */
  public long count() {
    return count;
  }

  /** The innermost extent: the length of one contiguous row. 1 for a scalar. */
  public long cols() {
    return rank() == 0 ? 1 : extents[rank() - 1];
  }

  /** The product of all extents but the innermost: how many rows of {@link #cols} there are. */
  public long rows() {
    return rows;
  }

  /** All extents, outermost first: a copy. */
  public long[] extents() {
    return extents.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(extents, shape.extents);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(extents);
  }

  /** For example {@code [64, 128]}. */
  @Override
  public String toString() {
    return Arrays.toString(extents);
  }
}
