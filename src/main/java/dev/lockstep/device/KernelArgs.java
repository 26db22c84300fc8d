package dev.lockstep.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The parameter block of one launch, laid out as PTX lays out {@code .param}: each value at the
 * next multiple of its own size. One instance is filled again for every launch, so that launching
 * allocates nothing.
 *
 * <pre>{@code args.reset().address(out).address(x).int64(rows).float32(eps);}</pre>
 */
public final class KernelArgs {
  /** The largest parameter block PTX allows a kernel before sm_70's extension: 4 KiB. */
  private static final int CAPACITY = 4096;

  private final MemorySegment block = Arena.ofAuto().allocate(CAPACITY, 16);
  private int size;

  /** Forgets all arguments. */
  public KernelArgs reset() {
    size = 0;
    return this;
  }

  /** The device address of a buffer, {@code offset} bytes into it. */
  public KernelArgs address(DeviceBuffer buffer, long offset) {
    return int64(buffer.address() + offset);
  }

  /** A null pointer: the kernel leaves out what it would have read or written there. */
  public KernelArgs nullAddress() {
    return int64(0);
  }

  /** A 64-bit integer or raw device address. */
  public KernelArgs int64(long value) {
    block.set(ValueLayout.JAVA_LONG, reserve(8), value);
    return this;
  }

  /** A 32-bit integer. */
  public KernelArgs int32(int value) {
    block.set(ValueLayout.JAVA_INT, reserve(4), value);
    return this;
  }

  /** A 32-bit float. */
  public KernelArgs float32(float value) {
    block.set(ValueLayout.JAVA_FLOAT, reserve(4), value);
    return this;
  }

  /** The filled part of the block: native memory, valid until the next {@link #reset}. */
  public MemorySegment block() {
    return block.asSlice(0, size);
  }

  private int reserve(int bytes) {
    int at = (size + bytes - 1) & -bytes;
    if (at + bytes > CAPACITY) {
      throw new IllegalArgumentException("kernel arguments exceed " + CAPACITY + " bytes");
    }
    size = at + bytes;
    return at;
  }
}
