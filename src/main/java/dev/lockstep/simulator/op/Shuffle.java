package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.MeetingOp;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;

/**
 * {@code shfl.sync}: each lane reads another lane's register (PTX ISA 9.7.9.6). What a lane that is
 * not here would give is undefined; here it gives zero, so that nothing depends on how far that
 * lane has come. Sums over a part of a warp that step past its end are common, and come out right
 * on GPUs.
 */
public final class Shuffle extends MeetingOp {
  /** How the other lane is found. */
  public enum Mode {
    UP,
    DOWN,
    BFLY,
    IDX
  }

  private final Mode mode;
  private final int d;
  private final int inRange;
  private final int a;
  private final int b;
  private final int c;

  /**
   * @param inRange predicate for "the lane named was in range", or −1
   */
  public Shuffle(
      Mode mode,
      Slot<int[]> d,
      int inRange,
      Slot<int[]> a,
      Slot<int[]> b,
      Slot<int[]> c,
      Terms terms) {
    super(terms);
    this.mode = mode;
    this.d = d.index();
    this.inRange = inRange;
    this.a = a.index();
    this.b = b.index();
    this.c = c.index();
  }

  @Override
  protected void tell(Warp w) {
    w.meetings.tell(w.ints[a]);
  }

  @Override
  public void execute(Warp w) {
    if (!isMet(w)) {
      return;
    }
    int[] from = w.meetings.told(w.ints[a]);
    int[] lanes = w.ints[b];
    int[] clamps = w.ints[c];
    int[] result = w.scratchInts;
    int found = 0;
    for (int lane = 0; lane < Warp.LANES; lane++) {
      int other = source(mode, lane, lanes[lane], clamps[lane]);
      boolean absent = other >= 0 && isAbsent(w, other);
      found |= other >= 0 && !absent ? 1 << lane : 0;
      result[lane] = absent ? 0 : from[other >= 0 ? other : lane];
    }
    finish(w, d, result, inRange, found);
  }

  /** The lane that {@code lane} reads, or −1 when that is out of range and it keeps its own. */
  private static int source(Mode mode, int lane, int distance, int clamp) {
    int segment = clamp >>> 8 & 31;
    int lowest = lane & segment;
    int highest = lowest | (clamp & 31 & ~segment);
    int by = distance & 31;
    int other =
        switch (mode) {
          case UP -> lane - by;
          case DOWN -> lane + by;
          case BFLY -> lane ^ by;
          case IDX -> lowest | (by & ~segment);
        };
    boolean inside = mode == Mode.UP ? other >= highest : other <= highest;
    return inside ? other : -1;
  }

  /**
   * The lane that a lane gets its value from: another, or itself if that is out of range or takes
   * no part.
   */
  public static int giver(Warp w, Mode mode, int lane, int distance, int clamp) {
    int other = source(mode, lane, distance, clamp);
    return other >= 0 && !isAbsent(w, other) ? other : lane;
  }

  /**
   * By lane, the one it reads in a full warp; of one out of range its own.
   *
   * @param distance the same for all lanes, as is {@code clamp}
   */
  public static int[] sources(Mode mode, int distance, int clamp) {
    int[] sources = new int[Warp.LANES];
    for (int lane = 0; lane < Warp.LANES; lane++) {
      int other = source(mode, lane, distance, clamp);
      sources[lane] = other >= 0 ? other : lane;
    }
    return sources;
  }

  /** The lanes for which the lane named is in range. */
  public static int inRange(Mode mode, int distance, int clamp) {
    int lanes = 0;
    for (int lane = 0; lane < Warp.LANES; lane++) {
      lanes |= source(mode, lane, distance, clamp) >= 0 ? 1 << lane : 0;
    }
    return lanes;
  }

  private static boolean isAbsent(Warp w, int lane) {
    return (w.meetings.met() >>> lane & 1) == 0;
  }

  private static void finish(Warp w, int d, int[] result, int inRange, int found) {
    if (w.full) {
      System.arraycopy(result, 0, w.ints[d], 0, Warp.LANES);
    } else {
      w.keep(Slot.INTS, d);
    }
    if (inRange >= 0) {
      w.keepPredicate(inRange, found);
    }
  }

  /** The usual one, whose distance and clamp are literals: which lane reads which is known. */
  public static final class Fixed extends MeetingOp {
    private final int[] source;
    private final int found;
    private final int d;
    private final int inRange;
    private final int a;

    public Fixed(
        Mode mode,
        int distance,
        int clamp,
        Slot<int[]> d,
        int inRange,
        Slot<int[]> a,
        Terms terms) {
      super(terms);
      this.source = sources(mode, distance, clamp);
      this.found = Shuffle.inRange(mode, distance, clamp);
      this.d = d.index();
      this.inRange = inRange;
      this.a = a.index();
    }

    @Override
    protected void tell(Warp w) {
      w.meetings.tell(w.ints[a]);
    }

    @Override
    public void execute(Warp w) {
      if (!isMet(w)) {
        return;
      }
      int[] from = w.meetings.told(w.ints[a]);
      int[] result = w.scratchInts;
      for (int lane = 0; lane < Warp.LANES; lane++) {
        result[lane] = from[source[lane]];
      }
      finish(w, d, result, inRange, w.full ? found : withoutAbsent(w, result));
    }

    private int withoutAbsent(Warp w, int[] result) {
      int present = found;
      for (int lane = 0; lane < Warp.LANES; lane++) {
        if (isAbsent(w, source[lane])) {
          result[lane] = 0;
          present &= ~(1 << lane);
        }
      }
      return present;
    }
  }
}
