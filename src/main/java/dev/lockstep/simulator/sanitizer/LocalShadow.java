package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.memory.InitializedBytes;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** What the threads of a block have written of their local memories, which lie side by side. */
final class LocalShadow {
  private final int each;
  private final InitializedBytes written;
  private final Holes holes = new Holes();
  private final UnsetReads unset;

  /**
   * @param each bytes of a thread
   */
  LocalShadow(int warps, int each, UnsetReads unset) {
    this.each = each;
    this.written = new InitializedBytes((long) each * warps * Warp.LANES);
    this.unset = unset;
  }

  /** A block starts. */
  void restart() {
    written.clear();
    holes.restart();
  }

  /** Where the memory of a thread begins. */
  long start(Warp w, int lane) {
    return ((long) w.index() * Warp.LANES + lane) * each;
  }

  boolean has(long at, int bytes) {
    return written.has(at, bytes);
  }

  /**
   * A thread reads bytes of which some may have no value.
   *
   * @param at their address in its own memory
   */
  void read(Warp w, int lane, AccessSite site, long at, int bytes) {
    unset.read(w, lane, site, new Own(start(w, lane)), at, bytes);
  }

  /** A thread writes, perhaps what has no value. */
  void write(long at, int bytes, Gaps gaps, int lane) {
    written.set(at, bytes);
    boolean some = (gaps.storing() >>> lane & 1) != 0;
    if (some || holes.any()) {
      holes.written(at, bytes, some ? gaps : null, lane);
      for (int i = 0; some && i < bytes; i++) {
        if (holes.has(at + i)) {
          written.unset(at + i, 1);
        }
      }
    }
  }

  /** A frame is entered, or left: what is there was never written. */
  void clear(long at, long bytes) {
    written.clear(at, bytes);
    holes.clear(at, bytes);
  }

  /** A structure is passed: where it has no value, its copy has none. */
  void copy(long to, long from, int bytes) {
    written.copy(to, written, from, bytes);
    holes.copy(to, from, bytes);
  }

  /** The memory of one thread. */
  private final class Own implements UnsetReads.Memory {
    private final long base;

    Own(long base) {
      this.base = base;
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
      return at >= 0 && at < each && written.has(base + at);
    }

    @Override
    public Holes.@Nullable Hole hole(long at) {
      return holes.at(base + at);
    }
  }
}
