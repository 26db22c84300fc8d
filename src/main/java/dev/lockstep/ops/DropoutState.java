package dev.lockstep.ops;

import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.HostTensor;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;

/**
 * Which masks dropout draws, in 16 bytes on the device: a seed, and an offset that goes on from
 * step to step. Kernels read both there, so the same launches, captured once, draw new masks in
 * every step.
 *
 * <pre>
 *   0 i64 seed      8 i64 offset
 * </pre>
 */
public final class DropoutState {
  /** The storage a state needs. */
  public static final DType DTYPE = DType.I32;

  /** The storage a state needs. */
  public static final Shape SHAPE = Shape.of(4);

  private final Tensor storage;
  private final LazyKernel advance;
  private final Operands operands = new Operands();

  /**
   * A state in the caller's memory; {@link #reset} it before its first use.
   *
   * @throws IllegalArgumentException when the memory is no i32[4], or not at a multiple of 8 bytes
   */
  public DropoutState(KernelLibrary library, Tensor storage) {
    if (storage.dtype() != DTYPE || storage.count() != SHAPE.count()) {
      throw new IllegalArgumentException(
          "a dropout state lives in %s%s, not in %s".formatted(DTYPE.suffix(), SHAPE, storage));
    }
    this.storage = storage.reshape(SHAPE);
    advance = new LazyKernel(library, "dropout", "dropout_advance");
  }

  /** Queues a seed, and an offset: 0 to begin with, or where an earlier run stopped. */
  public void reset(Stream stream, long seed, long offset) {
    storage.copyFrom(
        stream, new int[] {(int) seed, (int) (seed >>> 32), (int) offset, (int) (offset >>> 32)});
  }

  /**
   * Queues moving the offset on, to be done once all backward passes of a step are queued.
   *
   * @param count how many dropouts a step has: one more than the largest place
   */
  public void advance(Stream stream, long count) {
    operands.begin(advance.get());
    if (count < 1) {
      throw operands.refuse("count %d must be at least 1", count);
    }
    operands
        .output("state", aligned(operands), DTYPE, SHAPE.count())
        .int64(count)
        .checked()
        .launch(stream, Launch.of(1, 1));
  }

  /** Waits for the stream and reads the offset, to be given to {@link #reset} later. */
  public long offset(Stream stream) {
    try (HostTensor host = new HostTensor(DTYPE, SHAPE)) {
      storage.copyTo(stream, host);
      stream.synchronize();
      int[] words = host.toInts();
      return Integer.toUnsignedLong(words[2]) | (long) words[3] << 32;
    }
  }

  /** The storage, for a launch: kernels read words of eight bytes. */
  Tensor aligned(Operands launch) {
    if (storage.address() % Long.BYTES != 0) {
      throw launch.refuse(
          "state is at 0x%x; a multiple of %d is needed", storage.address(), Long.BYTES);
    }
    return storage;
  }
}
