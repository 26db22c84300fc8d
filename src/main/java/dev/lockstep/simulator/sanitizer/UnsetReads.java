package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Access;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What happens when bytes without a value are read. The first time a warp loads some, it goes on in
 * the code that follows them; there they are noted with what is loaded. Atomic operations and
 * {@code cp.async} use what they read.
 */
final class UnsetReads {
  /** What members of structures are aligned to, at most, behind padding. */
  private static final int LARGEST = 8;

  private final Gaps gaps;
  private final Suspicion suspicion;

  UnsetReads(Gaps gaps, Suspicion suspicion) {
    this.gaps = gaps;
    this.suspicion = suspicion;
  }

  /** A memory of which some bytes were written. */
  interface Memory {
    /** What is read of it, in words. */
    String what(AccessSite site, long at, int size, LongPredicate written);

    /** Its address. */
    long start();

    /** Whether a byte was written, with a value. */
    boolean isWritten(long at);

    /** What is known of a byte that was written, but not with a value. */
    default Holes.@Nullable Hole hole(long at) {
      return null;
    }

    /** Whether others than the thread can write there, so that it may be half of a race. */
    default boolean isShared() {
      return false;
    }
  }

  /**
   * A lane reads bytes of which some may have no value.
   *
   * @param at where in the memory
   */
  void read(Warp w, int lane, AccessSite site, Memory memory, long at, int size) {
    long missing = 0;
    for (int i = 0; i < size; i++) {
      missing |= memory.isWritten(at + i) ? 0 : 1L << i;
    }
    missing &= site.usedBytes();
    if (missing == 0) {
      return;
    }
    if (!site.isFollowed()) {
      report(w, lane, site, memory, at, size);
      return;
    }
    if (!w.isFollowing()) {
      throw w.follow();
    }
    Origin unwritten = null;
    for (long rest = missing; rest != 0; rest &= rest - 1) {
      int i = Long.numberOfTrailingZeros(rest);
      Holes.Hole hole = memory.hole(at + i);
      if (hole != null) {
        gaps.loads(lane, i, hole.bits(), hole.origin());
        continue;
      }
      if (unwritten == null) {
        unwritten = Origin.of(origin(w, lane, site, memory, at, size, missing));
      }
      gaps.loads(lane, i, 0xff, unwritten);
    }
  }

  private void report(Warp w, int lane, AccessSite site, Memory memory, long at, int size) {
    if (memory.isShared() && suspicion.exists()) {
      return;
    }
    Origin.Memory origin = origin(w, lane, site, memory, at, size, -1);
    suspicion.report(Reports.uninitialized(origin), memory.isShared());
  }

  private static Origin.Memory origin(
      Warp w, int lane, AccessSite site, Memory memory, long at, int size, long missing) {
    boolean whole = missing == (1L << size) - 1;
    boolean structure = site.kind() == Access.Kind.LOAD;
    boolean padding =
        structure && (!whole || site.inCompany()) && followMembers(memory, at, size, missing);
    return new Origin.Memory(
        memory.what(site, at, size, memory::isWritten),
        w.site(lane),
        memory.start() + at,
        memory.isShared(),
        whole,
        padding);
  }

  /** Padding fills up behind a member, to where the next may stand. */
  private static boolean followMembers(Memory memory, long at, int size, long missing) {
    for (int i = 0; i < size; i++) {
      boolean first = (missing >>> i & 1) != 0 && (i == 0 || (missing >>> i - 1 & 1) == 0);
      if (first && !followsMember(memory, at + i)) {
        return false;
      }
    }
    return true;
  }

  private static boolean followsMember(Memory memory, long at) {
    for (long before = at - 1; before >= (at & -LARGEST); before--) {
      if (memory.isWritten(before)) {
        return true;
      }
    }
    return false;
  }
}
