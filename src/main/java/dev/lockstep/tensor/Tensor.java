package dev.lockstep.tensor;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import java.util.function.Consumer;

/**
 * A dense row-major view of device memory: dtype, shape, buffer, byte offset. A view never owns:
 * whoever allocated the buffer (usually a {@link TensorArena}) closes it. Immutable; the memory
 * behind it is not.
 */
public final class Tensor {
  private final Storage storage;
  private final long byteOffset;
  private final DType dtype;
  private final Shape shape;

  Tensor(Storage storage, long byteOffset, DType dtype, Shape shape) {
    this.storage = storage;
    this.byteOffset = byteOffset;
    this.dtype = dtype;
    this.shape = shape;
  }

  /** Where the buffer comes from: there already, or promised by an arena still being planned. */
  interface Storage {
    DeviceBuffer buffer();
  }

  /**
   * Views part of a buffer.
   *
   * @throws IllegalArgumentException when it does not fit, or the offset is no multiple of the
   *     element size
   */
  public static Tensor view(DeviceBuffer buffer, long byteOffset, DType dtype, Shape shape) {
    long bytes = bytes(dtype, shape);
    if (byteOffset < 0 || byteOffset > buffer.bytes() - bytes) {
      throw new IllegalArgumentException(
          "a %s tensor of shape %s takes %d bytes and does not fit at byte %d of a buffer of %d"
              .formatted(dtype.suffix(), shape, bytes, byteOffset, buffer.bytes()));
    }
    if (byteOffset % dtype.byteSize() != 0) {
      throw new IllegalArgumentException(
          "byte offset %d must be a multiple of %d, the size of %s"
              .formatted(byteOffset, dtype.byteSize(), dtype.suffix()));
    }
    return new Tensor(() -> buffer, byteOffset, dtype, shape);
  }

  /**
   * Bytes a tensor takes.
   *
   * @throws IllegalArgumentException when they exceed 2^63-1
   */
  public static long bytes(DType dtype, Shape shape) {
    try {
      return Math.multiplyExact(shape.count(), dtype.byteSize());
    } catch (ArithmeticException overflow) {
      throw new IllegalArgumentException(
          "a %s tensor of shape %s takes more than 2^63-1 bytes".formatted(dtype.suffix(), shape),
          overflow);
    }
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

  /** Size in bytes. */
  public long bytes() {
    return bytes(dtype, shape);
  }

  /**
   * The memory this is a view of.
   *
   * @throws IllegalStateException while its arena is planned but not allocated
   */
  public DeviceBuffer buffer() {
    return storage.buffer();
  }

  /** Where in the {@link #buffer} the first element lies. */
  public long byteOffset() {
    return byteOffset;
  }

  /** The device address of the first element. */
  public long address() {
    return buffer().address() + byteOffset;
  }

  /** The same elements under another shape of the same count. */
  public Tensor reshape(Shape other) {
    if (other.count() != count()) {
      throw new IllegalArgumentException(
          "cannot reshape %s (%d elements) to %s (%d elements)"
              .formatted(shape, count(), other, other.count()));
    }
    return new Tensor(storage, byteOffset, dtype, other);
  }

  /** The same elements with one axis. */
  public Tensor flatten() {
    return reshape(Shape.possiblyEmpty(count()));
  }

  /**
   * The same bytes read as another type: for storage that holds fields of several types.
   *
   * @throws IllegalArgumentException when the sizes in bytes differ
   */
  public Tensor reinterpret(DType otherDtype, Shape otherShape) {
    if (bytes(otherDtype, otherShape) != bytes()) {
      throw new IllegalArgumentException(
          "cannot read %s (%d bytes) as %s%s (%d bytes)"
              .formatted(
                  this, bytes(), otherDtype.suffix(), otherShape, bytes(otherDtype, otherShape)));
    }
    if (byteOffset % otherDtype.byteSize() != 0) {
      throw new IllegalArgumentException(
          "byte offset %d must be a multiple of %d, the size of %s"
              .formatted(byteOffset, otherDtype.byteSize(), otherDtype.suffix()));
    }
    return new Tensor(storage, byteOffset, otherDtype, otherShape);
  }

  /**
   * {@code length} entries of the outermost axis from {@code from} on: contiguous, so still dense.
   */
  public Tensor slice(long from, long length) {
    if (shape.rank() == 0) {
      throw new IllegalArgumentException("a scalar has no axis to slice");
    }
    long extent = shape.extent(0);
    if (from < 0 || length < 1 || from > extent - length) {
      throw new IllegalArgumentException(
          "slice of %d from %d must lie within the outermost extent %d of %s"
              .formatted(length, from, extent, shape));
    }
    long[] extents = shape.extents();
    extents[0] = length;
    long inner = count() / extent;
    return new Tensor(
        storage, byteOffset + from * inner * dtype.byteSize(), dtype, Shape.of(extents));
  }

  /** Whether the two views share a byte of memory. */
  public boolean overlaps(Tensor other) {
    if (count() == 0 || other.count() == 0) {
      return false;
    }
    long start = address();
    long otherStart = other.address();
    return start < otherStart + other.bytes() && otherStart < start + bytes();
  }

  /** Queues setting every byte to zero: the number 0 in each dtype. */
  public void zero(Stream stream) {
    stream.fill(buffer(), byteOffset, bytes(), (byte) 0);
  }

  /** Queues a copy from another tensor of this dtype and count; the two must not overlap. */
  public void copyFrom(Stream stream, Tensor source) {
    requireSame(source.dtype, source.count());
    stream.copyOnDevice(buffer(), byteOffset, source.buffer(), source.byteOffset, bytes());
  }

  /** Queues a copy from the host; {@code source} must stay unchanged until it has happened. */
  public void copyFrom(Stream stream, HostTensor source) {
    requireSame(source.dtype(), source.count());
    stream.copyToDevice(buffer(), byteOffset, source.segment());
  }

  /** Queues a copy to the host; {@code target} holds it once the stream has been waited for. */
  public void copyTo(Stream stream, HostTensor target) {
    requireSame(target.dtype(), target.count());
    stream.copyToHost(target.segment(), buffer(), byteOffset);
  }

  /** Copies host numbers in, rounding each to this dtype, and waits until that has happened. */
  public void copyFrom(Stream stream, float[] source) {
    upload(stream, staging -> staging.put(source));
  }

  /** Copies host numbers in, rounding each to this dtype, and waits until that has happened. */
  public void copyFrom(Stream stream, double[] source) {
    upload(stream, staging -> staging.put(source));
  }

  /** Copies host integers into an I32 tensor and waits until that has happened. */
  public void copyFrom(Stream stream, int[] source) {
    upload(stream, staging -> staging.put(source));
  }

  /** The elements as floats, exact for every dtype but F64; waits for the stream. */
  public float[] toFloats(Stream stream) {
    try (HostTensor staging = download(stream)) {
      return staging.toFloats();
    }
  }

  /** The elements as doubles, exact for every floating dtype; waits for the stream. */
  public double[] toDoubles(Stream stream) {
    try (HostTensor staging = download(stream)) {
      return staging.toDoubles();
    }
  }

  /** The elements of an I32 tensor; waits for the stream. */
  public int[] toInts(Stream stream) {
    try (HostTensor staging = download(stream)) {
      return staging.toInts();
    }
  }

  /** For example {@code bf16[64, 128]}. */
  @Override
  public String toString() {
    return dtype.suffix() + shape;
  }

  private void upload(Stream stream, Consumer<HostTensor> fill) {
    try (HostTensor staging = new HostTensor(dtype, shape)) {
      fill.accept(staging);
      copyFrom(stream, staging);
      stream.synchronize();
    }
  }

  private HostTensor download(Stream stream) {
    HostTensor staging = new HostTensor(dtype, shape);
    try {
      copyTo(stream, staging);
      stream.synchronize();
      return staging;
    } catch (RuntimeException failure) {
      staging.close();
      throw failure;
    }
  }

  private void requireSame(DType otherDtype, long otherCount) {
    if (otherDtype != dtype || otherCount != count()) {
      throw new IllegalArgumentException(
          "cannot copy between %s (%d elements) and %d elements of %s"
              .formatted(this, count(), otherCount, otherDtype.suffix()));
    }
  }
}
