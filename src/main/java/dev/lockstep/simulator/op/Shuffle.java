package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;

/** {@code shfl.sync}: each lane reads another lane's register (PTX ISA 9.7.9.6). */
public final class Shuffle extends Op {
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
  private final int members;

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
      Slot<int[]> members) {
    this.mode = mode;
    this.d = d.index();
    this.inRange = inRange;
    this.a = a.index();
    this.b = b.index();
    this.c = c.index();
    this.members = members.index();
  }

  @Override
  public void execute(Warp w) {
    if (!Rendezvous.met(w, members)) {
      return;
    }
    int[] from = w.ints[a];
    int[] lanes = w.ints[b];
    int[] clamps = w.ints[c];
    int[] result = w.scratchInts;
    int found = 0;
    for (int lane = 0; lane < Warp.LANES; lane++) {
      int segment = clamps[lane] >>> 8 & 31;
      int clamp = clamps[lane] & 31;
      int lowest = lane & segment;
      int highest = lowest | clamp & ~segment;
      int distance = lanes[lane] & 31;
      int other =
          switch (mode) {
            case UP -> lane - distance;
            case DOWN -> lane + distance;
            case BFLY -> lane ^ distance;
            case IDX -> lowest | distance & ~segment;
          };
      boolean inside = mode == Mode.UP ? other >= highest : other <= highest;
      found |= inside ? 1 << lane : 0;
      result[lane] = from[inside ? other : lane];
    }
    if (w.full) {
      System.arraycopy(result, 0, w.ints[d], 0, Warp.LANES);
    } else {
      w.keep(Slot.INTS, d);
    }
    if (inRange >= 0) {
      w.keepPredicate(inRange, found);
    }
  }
}
