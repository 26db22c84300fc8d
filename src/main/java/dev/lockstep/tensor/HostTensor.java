package dev.lockstep.tensor;

import dev.lockstep.numeric.BFloat16;
import dev.lockstep.numeric.DType;
import dev.lockstep.numeric.Float16;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Native host memory in a tensor's storage type: the staging area of copies to and from a device.
 * Numbers put in are rounded once to the type, as the kernels round. Reuse one for every batch, so
 * that a training step allocates nothing; close it when no copy is under way any more.
 */
public final class HostTensor implements AutoCloseable {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE;
  private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

  /** The strictest alignment a vector load could want. */
  private static final long ALIGNMENT = 64;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment segment;
  private final DType dtype;
  private final Shape shape;

  /** Zeros of this type and shape. */
  public HostTensor(DType dtype, Shape shape) {
    this.dtype = dtype;
    this.shape = shape;
    segment = arena.allocate(Tensor.bytes(dtype, shape), ALIGNMENT);
  }

  /** Type of the elements. */
  public DType dtype() {
    return dtype;
  }

  /** Extents, outermost first. */
  public Shape shape() {
    return shape;
  }

  /** Number of elements. */
  public long count() {
    return shape.count();
  }

  /** The elements as the device stores them, row-major. */
  public MemorySegment segment() {
    return segment;
  }

  /** One element, exact. */
  public double get(long index) {
    return switch (dtype) {
      case F32 -> segment.getAtIndex(FLOAT, index);
      case F16 -> Float16.toFloat(segment.getAtIndex(HALF, index));
      case BF16 -> BFloat16.toFloat(segment.getAtIndex(HALF, index));
      case I32 -> segment.getAtIndex(INT, index);
      case F64 -> segment.getAtIndex(DOUBLE, index);
    };
  }

  /**
   * Stores one element, rounded to nearest, ties to even.
   *
   * @throws IllegalArgumentException for I32: integers go through {@link #setInt}
   */
  public void set(long index, double value) {
    switch (dtype) {
      case F32 -> segment.setAtIndex(FLOAT, index, (float) value);
      case F16 -> segment.setAtIndex(HALF, index, Float16.fromDouble(value));
      case BF16 -> segment.setAtIndex(HALF, index, BFloat16.fromDouble(value));
      case F64 -> segment.setAtIndex(DOUBLE, index, value);
      case I32 -> throw new IllegalArgumentException("an i32 tensor takes integers only");
    }
  }

  /**
   * Stores one integer.
   *
   * @throws IllegalArgumentException for any dtype but I32
   */
  public void setInt(long index, int value) {
    requireInteger();
    segment.setAtIndex(INT, index, value);
  }

  /** Stores all elements, each rounded once. */
  public void put(float[] source) {
    requireCount(source.length);
    if (dtype == DType.F32) {
      MemorySegment.copy(source, 0, segment, FLOAT, 0, source.length);
      return;
    }
    for (int i = 0; i < source.length; i++) {
      set(i, (double) source[i]);
    }
  }

  /** Stores all elements, each rounded once. */
  public void put(double[] source) {
    requireCount(source.length);
    for (int i = 0; i < source.length; i++) {
      set(i, source[i]);
    }
  }

  /** Stores all elements of an I32 tensor. */
  public void put(int[] source) {
    requireInteger();
    requireCount(source.length);
    MemorySegment.copy(source, 0, segment, INT, 0, source.length);
  }

  /** All elements; exact for every floating dtype but F64, which is rounded to nearest. */
  public float[] toFloats() {
    requireFloating();
    if (dtype == DType.F32) {
      return segment.toArray(FLOAT);
    }
    float[] result = new float[arrayLength()];
    for (int i = 0; i < result.length; i++) {
      result[i] = (float) get(i);
    }
    return result;
  }

  /** All elements, exact. */
  public double[] toDoubles() {
    requireFloating();
    double[] result = new double[arrayLength()];
    for (int i = 0; i < result.length; i++) {
      result[i] = get(i);
    }
    return result;
  }

  /** All elements of an I32 tensor. */
  public int[] toInts() {
    requireInteger();
    arrayLength();
    return segment.toArray(INT);
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  private int arrayLength() {
    if (count() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "%s has %d elements, more than a Java array holds".formatted(shape, count()));
    }
    return (int) count();
  }

  private void requireCount(int length) {
    if (length != count()) {
      throw new IllegalArgumentException(
          "%d values for a tensor of shape %s, which takes %d".formatted(length, shape, count()));
    }
  }

  private void requireInteger() {
    if (dtype != DType.I32) {
      throw new IllegalArgumentException(
          "integers belong in an i32 tensor, this one is " + dtype.suffix());
    }
  }

  private void requireFloating() {
    if (!dtype.isFloating()) {
      throw new IllegalArgumentException("an i32 tensor is read as integers");
    }
  }
}
