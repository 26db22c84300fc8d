package dev.lockstep.simulator.memory;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A stretch of addresses and the bytes behind it. */
public final class Region {
  private final String name;
  private final long start;
  private final long bytes;
  private final MemorySegment segment;
  private final Object owner;
  private boolean open = true;
  private String origin = "";
  private @Nullable InitializedBytes initialized;

  /**
   * A region whose address {@code start} is the first byte of {@code segment}.
   *
   * @param name what messages call it
   */
  public Region(String name, long start, MemorySegment segment) {
    this(name, start, segment, segment);
  }

  /**
   * A region of a memory that is one of several with the same addresses.
   *
   * @param owner what tells that memory from the others
   */
  Region(String name, long start, MemorySegment segment, Object owner) {
    this.name = name;
    this.start = start;
    this.bytes = segment.byteSize();
    this.segment = segment;
    this.owner = owner;
  }

  /** What tells the memory it is of from others. */
  Object owner() {
    return owner;
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

  /** Name and, if known, who allocated it. */
  public String description() {
    return origin.isEmpty() ? name : name + " (allocated at " + origin + ")";
  }

  /** Who allocated it; empty if nobody remembers. */
  public String origin() {
    return origin;
  }

  /** Says who allocated it. */
  public void setOrigin(String place) {
    origin = place;
  }

  /** Which bytes were written; null when nobody keeps count, or all are. */
  public @Nullable InitializedBytes initialized() {
    return initialized;
  }

  /** From now on it is known which bytes are written: so far, none. */
  public void trackInitialized() {
    initialized = new InitializedBytes(bytes);
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
