package dev.lockstep.simulator.sanitizer;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Bytes of a memory that were written with what had no value, or not in all bits. */
final class Holes {
  /**
   * A byte.
   *
   * @param bits those without a value
   */
  record Hole(int bits, Origin origin) {}

  private final Map<Long, Hole> holes = new HashMap<>();

  /** A block starts. */
  void restart() {
    if (any()) {
      holes.clear();
    }
  }

  /** Whether there may be some. */
  boolean any() {
    return !holes.isEmpty();
  }

  /**
   * Bytes are written.
   *
   * @param gaps what of it a lane writes without a value; null for nothing
   */
  void written(long at, int size, @Nullable Gaps gaps, int lane) {
    for (int i = 0; any() && i < size; i++) {
      holes.remove(at + i);
    }
    for (int i = 0; gaps != null && i < size; i++) {
      int bits = (int) gaps.stored(lane, i, 1);
      if (bits != 0) {
        holes.put(at + i, new Hole(bits, gaps.storedOrigin(lane, i)));
      }
    }
  }

  /** Takes over what is known of bytes elsewhere. */
  void copy(long to, long from, long count) {
    for (long i = 0; any() && i < count; i++) {
      Hole hole = holes.get(from + i);
      if (hole == null) {
        holes.remove(to + i);
      } else {
        holes.put(to + i, hole);
      }
    }
  }

  /** Bytes are as if never written. */
  void clear(long from, long count) {
    for (long i = 0; any() && i < count; i++) {
      holes.remove(from + i);
    }
  }

  boolean has(long at) {
    return any() && holes.containsKey(at);
  }

  @Nullable Hole at(long at) {
    return holes.get(at);
  }
}
