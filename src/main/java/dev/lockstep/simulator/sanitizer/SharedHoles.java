package dev.lockstep.simulator.sanitizer;

import java.util.BitSet;

/** Bytes of shared memory that were written with what had no value: padding of structures. */
final class SharedHoles {
  private final BitSet holes = new BitSet();
  private boolean any;

  /** A block starts. */
  void restart() {
    if (any) {
      holes.clear();
      any = false;
    }
  }

  /** Whether there may be some. */
  boolean any() {
    return any;
  }

  /**
   * Bytes are written.
   *
   * @param gaps which of them with what has no value
   */
  void written(int offset, int size, long gaps) {
    if (any) {
      holes.clear(offset, offset + size);
    }
    for (long rest = gaps; rest != 0; rest &= rest - 1) {
      holes.set(offset + Long.numberOfTrailingZeros(rest));
      any = true;
    }
  }

  boolean has(int offset) {
    return any && holes.get(offset);
  }
}
