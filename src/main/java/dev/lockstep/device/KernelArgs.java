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
  /** The largest parameter block PTX allows a kernel, from PTX ISA 8.1 and sm_70 on. */
  private static final int CAPACITY = 32_764;

  private static final int ALIGNMENT = 16;

  private final MemorySegment block;
  private int size;

  /** No arguments yet, and space for as many as a kernel can take. */
  public KernelArgs() {
    block = Arena.ofAuto().allocate(CAPACITY, ALIGNMENT);
  }

  private KernelArgs(KernelArgs other) {
    size = other.size;
    block = Arena.ofAuto().allocate(size, ALIGNMENT);
    MemorySegment.copy(other.block, 0, block, 0, size);
  }

  /** The same arguments, to keep: in a block of their own, which has no space for more. */
  public KernelArgs copy() {
    return new KernelArgs(this);
  }

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
    block.set(ValueLayout.JAVA_LONG, reserve(8, 8), value);
    return this;
  }

  /** A 32-bit integer. */
  public KernelArgs int32(int value) {
    block.set(ValueLayout.JAVA_INT, reserve(4, 4), value);
    return this;
  }

  /** A 32-bit float. */
  public KernelArgs float32(float value) {
    block.set(ValueLayout.JAVA_FLOAT, reserve(4, 4), value);
    return this;
  }

  /**
   * Bytes as they are: a structure passed by value, a type with no method here.
   *
   * @param alignment a power of two: the bytes start at its next multiple
   */
  public KernelArgs bytes(MemorySegment value, int alignment) {
    if (Integer.bitCount(alignment) != 1) {
      throw new IllegalArgumentException("alignment " + alignment + " must be a power of two");
    }
    long at = reserve(value.byteSize(), alignment);
    MemorySegment.copy(value, 0, block, at, value.byteSize());
    return this;
  }

  /** The filled part of the block: native memory, valid until the next {@link #reset}. */
  public MemorySegment block() {
    return block.asSlice(0, size);
  }

  /** Where the block is; it stays there, whatever is put into it. */
  public long blockAddress() {
    return block.address();
  }

  /** Bytes of all arguments so far. */
  public int bytes() {
    return size;
  }

  private long reserve(long bytes, int alignment) {
    long at = ((long) size + alignment - 1) & -alignment;
    if (bytes > block.byteSize() - at) {
      throw new IllegalArgumentException("kernel arguments exceed " + block.byteSize() + " bytes");
    }
    for (long gap = size; gap < at; gap++) {
      block.set(ValueLayout.JAVA_BYTE, gap, (byte) 0);
    }
    size = (int) (at + bytes);
    return at;
  }
}
