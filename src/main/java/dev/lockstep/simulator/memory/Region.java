package dev.lockstep.simulator.memory;

import java.lang.foreign.MemorySegment;

/** A stretch of addresses and the bytes behind it. */
public final class Region {
  private final String name;
  private final long start;
  private final long bytes;
  private final MemorySegment segment;
  private boolean open = true;

  /**
   * A region whose address {@code start} is the first byte of {@code segment}.
   *
   * @param name what messages call it
   */
  public Region(String name, long start, MemorySegment segment) {
    this.name = name;
    this.start = start;
    this.bytes = segment.byteSize();
    this.segment = segment;
  }

  public String name() {
    return name;
  }

  public long start() {
    return start;
  }

  public long bytes() {
    return bytes;
  }

  public MemorySegment segment() {
    return segment;
  }

  /** Whether the {@code size} bytes at {@code address} all lie inside. */
  public boolean contains(long address, int size) {
    long offset = address - start;
    return offset >= 0 && offset <= bytes - size && open;
  }

  /** From now on nothing lies inside. */
  public void retire() {
    open = false;
  }
}
