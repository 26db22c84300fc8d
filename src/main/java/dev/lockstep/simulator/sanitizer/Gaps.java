package dev.lockstep.simulator.sanitizer;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Bytes without a value on their way between memory and registers: padding of structures, which
 * compilers copy with the rest. One instruction after the other says here what it loads and stores.
 */
final class Gaps {
  private final long[] loaded = new long[Warp.LANES];
  private final long[] stored = new long[Warp.LANES];
  private int loading;
  private int storing;
  private @Nullable Leaving leaving;

  /** What becomes of bytes without a value that are stored where others see them. */
  @FunctionalInterface
  interface Leaving {
    /** What to report for a lane; null if it is no mistake. */
    @Nullable DeviceFault fault(int lane);
  }

  /** A load begins; it has found no gaps yet. */
  void load() {
    if (loading != 0) {
      Arrays.fill(loaded, 0);
      loading = 0;
    }
  }

  /** A lane loads bytes of which these have no value. */
  void loads(int lane, long missing) {
    loaded[lane] |= missing;
    loading |= 1 << lane;
  }

  /** The lanes whose load has found gaps. */
  int loading() {
    return loading;
  }

  /** What a lane's load has found. */
  long loaded(int lane) {
    return loaded[lane];
  }

  /** A store begins. */
  void store(Leaving faults) {
    storing = 0;
    leaving = faults;
  }

  /** A lane stores bytes of which these have no value. */
  void stores(int lane, long missing) {
    stored[lane] = missing;
    storing |= 1 << lane;
  }

  /** The store is done. */
  void storeDone() {
    storing = 0;
    leaving = null;
  }

  /** The lanes that store bytes without a value. */
  int storing() {
    return storing;
  }

  /** Which of the bytes a lane stores have no value. */
  long stored(int lane) {
    return (storing >>> lane & 1) == 0 ? 0 : stored[lane];
  }

  /** Lanes store to memory that is not their own. */
  void leave(int mask) {
    for (int rest = mask & storing; rest != 0 && leaving != null; rest &= rest - 1) {
      DeviceFault fault = leaving.fault(Integer.numberOfTrailingZeros(rest));
      if (fault != null) {
        throw fault;
      }
    }
  }
}
