package dev.lockstep.device;

import java.lang.foreign.MemorySegment;

/**
 * A queue of work: what is put on one stream happens in that order. Calls may return before the
 * work is done; {@link #synchronize} waits. Host data is always a native {@link MemorySegment},
 * which must stay alive and unchanged until the copy has happened.
 */
public interface Stream extends AutoCloseable {
  /**
   * Copies all of {@code source} into {@code target} from byte {@code offset} on.
   *
   * @throws IllegalArgumentException when it does not fit or the segment is not native
   */
  void copyToDevice(DeviceBuffer target, long offset, MemorySegment source);

  /**
   * Fills all of {@code target} from {@code source}, starting at its byte {@code offset}.
   *
   * @throws IllegalArgumentException when the buffer is too short or the segment is not native
   */
  void copyToHost(MemorySegment target, DeviceBuffer source, long offset);

  /** Copies between two buffers of this device; the ranges must not overlap. */
  void copyOnDevice(
      DeviceBuffer target, long targetOffset, DeviceBuffer source, long sourceOffset, long bytes);

  /** Sets {@code bytes} bytes from {@code offset} on to {@code value}. */
  void fill(DeviceBuffer target, long offset, long bytes, byte value);

  /**
   * Launches a kernel; {@code args} may be reset as soon as this returns.
   *
   * @throws DeviceFault on a device that detects faults while launching (the simulator does)
   * @throws DeviceException when the device refuses the launch
   */
  void launch(Kernel kernel, Launch launch, KernelArgs args);

  /**
   * Queues all that a graph recorded.
   *
   * @throws IllegalArgumentException when the graph is not of this device
   * @throws DeviceException when the device refuses it
   */
  default void launch(Graph graph) {
    throw new IllegalArgumentException("the graph belongs to another device");
  }

  /**
   * Queues a product by a library of this stream's device.
   *
   * @throws IllegalArgumentException for extents the library cannot take
   * @throws DeviceException when the library or the device refuses
   */
  default void multiply(MatrixProducts library, MatrixProduct product, long a, long b, long c) {
    library.multiply(this, product, a, b, c);
  }

  /**
   * Makes a library of this stream's device ready for {@link #multiply}.
   *
   * @throws DeviceException when the library or the device refuses
   */
  default void prepare(MatrixProducts library) {
    library.prepare(this);
  }

  /**
   * Queues a product with bias and GELU by a library of this stream's device: see {@link
   * FusedProducts#biasGelu}.
   */
  default void biasGelu(
      FusedProducts library, MatrixProduct product, long a, long b, long bias, long z, long c) {
    library.biasGelu(this, product, a, b, bias, z, c);
  }

  /** Marks this place in the queue. */
  void record(Event event);

  /**
   * Lets what is queued here from now on happen only after what was queued before the event, on
   * whichever stream of this device; the host does not wait. An event never recorded holds up
   * nothing.
   */
  void await(Event event);

  /**
   * Waits for everything queued so far.
   *
   * @throws DeviceException when any of it failed
   */
  void synchronize();

  @Override
  void close();
}
