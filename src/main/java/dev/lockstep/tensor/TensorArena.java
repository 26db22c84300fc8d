package dev.lockstep.tensor;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.numeric.DType;
import org.jspecify.annotations.Nullable;

/**
 * Owns the memory of many tensors: first each is planned, then one buffer is allocated for all,
 * then one close gives it back.
 *
 * <pre>{@code
 * try (TensorArena arena = new TensorArena()) {
 *   Tensor x = arena.tensor(DType.BF16, Shape.of(rows, cols));
 *   Tensor y = arena.tensor(DType.BF16, Shape.of(rows, cols));
 *   arena.allocate(device);
 *   ...
 * }
 * }</pre>
 *
 * <p>A planned tensor may be sliced and reshaped at once; its address is known from {@link
 * #allocate} on. The memory starts uninitialised. Not thread-safe while planning.
 */
public final class TensorArena implements AutoCloseable {
  /** What {@link DeviceBuffer#address} promises, and what the widest vector access could want. */
  public static final int ALIGNMENT = 256;

  private long planned;
  private @Nullable DeviceBuffer buffer;
  private boolean closed;

  /**
   * Plans a tensor.
   *
   * @throws IllegalStateException once the arena is allocated
   */
  public Tensor tensor(DType dtype, Shape shape) {
    if (buffer != null || closed) {
      throw new IllegalStateException("an arena takes no tensors after it is allocated or closed");
    }
    long offset = planned;
    try {
      long end = Math.addExact(offset, Tensor.bytes(dtype, shape));
      planned = Math.addExact(end, ALIGNMENT - 1) & -ALIGNMENT;
    } catch (ArithmeticException overflow) {
      throw new IllegalArgumentException("the arena would exceed 2^63-1 bytes", overflow);
    }
    return new Tensor(this::buffer, offset, dtype, shape);
  }

  /** Bytes planned so far. */
  public long bytes() {
    return planned;
  }

  /**
   * Allocates everything planned.
   *
   * @throws IllegalStateException when called twice
   * @throws dev.lockstep.device.DeviceException when the device has not enough memory
   */
  public void allocate(Device device) {
    if (buffer != null || closed) {
      throw new IllegalStateException("an arena is allocated once");
    }
    buffer = device.allocate(planned);
  }

  @Override
  public void close() {
    closed = true;
    if (buffer != null) {
      buffer.close();
    }
  }

  private DeviceBuffer buffer() {
    if (buffer == null) {
      throw new IllegalStateException("this tensor is planned; allocate its arena first");
    }
    return buffer;
  }
}
