package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What the threads of a block have written of their local memories: for each byte those lanes of a
 * warp that have, as they mostly access the same one.
 */
final class LocalShadow {
  private final int each;
  private final int[] written;

  /** At their places in all memories side by side. */
  private final Holes holes = new Holes();

  private final UnsetReads unset;

  /**
   * @param each bytes of a thread
   */
  LocalShadow(int warps, int each, UnsetReads unset) {
    this.each = each;
    this.written = new int[Math.multiplyExact(warps, each)];
    this.unset = unset;
  }

  /** A block starts. */
  void restart() {
    Arrays.fill(written, 0);
    holes.restart();
  }

  /** Those of some lanes to which a byte of theirs was never written. */
  int missing(Warp w, int lanes, long at, int bytes) {
    int from = place(w, at);
    int all = lanes;
    for (int i = 0; i < bytes; i++) {
      all &= written[from + i];
    }
    return lanes & ~all;
  }

  /**
   * The same of lanes each at an address of its own.
   *
   * @param shift what is missing from the values to be these addresses
   */
  int missing(Warp w, int lanes, long[] values, long shift, int bytes) {
    int missing = 0;
    long start = place(w, shift);
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int from = (int) (start + values[lane]);
      int all = -1;
      for (int i = 0; i < bytes; i++) {
        all &= written[from + i];
      }
      missing |= ~all & 1 << lane;
    }
    return missing;
  }

  /** Whether bytes are known that were written without a value, or are about to be. */
  boolean knowsGaps(Gaps gaps) {
    return holes.any() || gaps.storing() != 0;
  }

  /**
   * A thread reads bytes of which some may have no value.
   *
   * @param at their address in its own memory
   */
  void read(Warp w, int lane, AccessSite site, long at, int bytes) {
    unset.read(w, lane, site, new Own(w, lane), at, bytes);
  }

  /** Threads write, perhaps what has no value. */
  void write(Warp w, int lanes, long at, int bytes, Gaps gaps) {
    int to = place(w, at);
    for (int i = 0; i < bytes; i++) {
      written[to + i] |= lanes;
    }
    int storing = gaps.storing() & lanes;
    if (storing == 0 && !holes.any()) {
      return;
    }
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      boolean some = (storing >>> lane & 1) != 0;
      long hole = hole(w, lane, at);
      holes.written(hole, bytes, some ? gaps : null, lane);
      for (int i = 0; some && i < bytes; i++) {
        if (holes.has(hole + i)) {
          written[to + i] &= ~(1 << lane);
        }
      }
    }
  }

  /** A frame is entered, or left: what is there was never written. */
  void clear(Warp w, int lanes, long at, long bytes) {
    int from = place(w, at);
    for (int i = 0; i < bytes; i++) {
      written[from + i] &= ~lanes;
    }
    for (int rest = lanes; rest != 0 && holes.any(); rest &= rest - 1) {
      holes.clear(hole(w, Integer.numberOfTrailingZeros(rest), at), bytes);
    }
  }

  /** A structure is passed: where it has no value, its copy has none. */
  void copy(Warp w, int lane, long to, long from, int bytes) {
    int target = place(w, to);
    int source = place(w, from);
    int bit = 1 << lane;
    for (int i = 0; i < bytes; i++) {
      written[target + i] = written[target + i] & ~bit | written[source + i] & bit;
    }
    holes.copy(hole(w, lane, to), hole(w, lane, from), bytes);
  }

  private int place(Warp w, long at) {
    return w.index() * each + (int) at;
  }

  private long hole(Warp w, int lane, long at) {
    return ((long) w.index() * Warp.LANES + lane) * each + at;
  }

  /** The memory of one thread. */
  private final class Own implements UnsetReads.Memory {
    private final Warp warp;
    private final int lane;

    Own(Warp warp, int lane) {
      this.warp = warp;
      this.lane = lane;
    }

    @Override
    public String what(AccessSite site, long at, int size, LongPredicate test) {
      return Reports.memory(site, "local memory", 0, at, size, test);
    }

    @Override
    public long start() {
      return 0;
    }

    @Override
    public boolean isWritten(long at) {
      return at >= 0 && at < each && (written[place(warp, at)] >>> lane & 1) != 0;
    }

    @Override
    public Holes.@Nullable Hole hole(long at) {
      return holes.at(LocalShadow.this.hole(warp, lane, at));
    }
  }
}
