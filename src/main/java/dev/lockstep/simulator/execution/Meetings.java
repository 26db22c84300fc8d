package dev.lockstep.simulator.execution;

/**
 * Where lanes of a warp come together at {@code .sync} operations, each wherever in the code it
 * executes one that is like the others'.
 *
 * <p>Lanes that have to wait leave behind what they tell the others and are parked. Once the last
 * has come, the group it is in executes its operation with what all have told, and before anything
 * else happens those in other places execute theirs.
 */
public final class Meetings {
  private final Warp warp;
  private final Aside aside;

  /** By lane that has come: whom it waits for. */
  private final int[] members = new int[Warp.LANES];

  private final int[] told = new int[Warp.LANES];
  private final long[] toldLongs = new long[Warp.LANES];
  private int toldPredicate;

  /** The lanes that have met last. */
  private int met;

  /** Those of them that are still to execute their operation. */
  private int due;

  Meetings(Warp warp, Aside aside) {
    this.warp = warp;
    this.aside = aside;
  }

  void reset() {
    due = 0;
  }

  /**
   * Whether any of the active lanes have met those they wait for, and now execute their operation;
   * the others have been parked.
   *
   * @param named by lane, whom it waits for; only those of active lanes are looked at
   */
  boolean meet(MeetingOp op, int[] named) {
    if ((due & warp.mask) != 0) {
      due &= ~warp.mask;
      return true;
    }
    warp.groups.takeIn();
    op.tell(warp);
    Masked.copy(named, members, warp.mask);
    met = complete(warp.mask | waitingAt(op));
    int here = warp.mask & met;
    if (here != warp.mask) {
      aside.park(warp.pc - 1, warp.mask & ~met).meeting = op;
      warp.setMask(here);
    }
    due = met & ~here;
    wakeDue();
    warp.groups.goOn(due != 0);
    return here != 0;
  }

  /** Lanes parked at operations that are like this one. */
  private int waitingAt(MeetingOp op) {
    int waiting = 0;
    for (int i = 0; i < aside.count(); i++) {
      MeetingOp other = aside.get(i).meeting;
      waiting |= other != null && other.isLike(op) ? aside.get(i).lanes : 0;
    }
    return waiting;
  }

  /** The lanes among {@code here} that wait for nobody but each other. */
  private int complete(int here) {
    int complete = 0;
    int rest = here;
    while (rest != 0) {
      int wanted = members[Integer.numberOfTrailingZeros(rest)];
      int same = 0;
      for (int others = rest; others != 0; others &= others - 1) {
        int lane = Integer.numberOfTrailingZeros(others);
        same |= members[lane] == wanted ? 1 << lane : 0;
      }
      complete |= (wanted & warp.alive & ~same) == 0 ? same : 0;
      rest &= ~same;
    }
    return complete;
  }

  private void wakeDue() {
    for (int i = due == 0 ? 0 : aside.count(); i-- > 0; ) {
      LaneGroup group = aside.get(i);
      int left = group.lanes & ~due;
      if (left != group.lanes) {
        if (left != 0) {
          aside.park(group.pc, left).meeting = group.meeting;
        }
        group.place(group.pc, group.lanes & due);
      }
    }
  }

  /** The group whose turn it is since its lanes have met others; −1 for none. */
  int nextDue() {
    int i = due == 0 ? -1 : aside.count() - 1;
    while (i >= 0 && (aside.get(i).lanes & due) == 0) {
      i--;
    }
    return i;
  }

  /** Whom a lane that is parked waits for. */
  int members(int lane) {
    return members[lane];
  }

  /** The lanes that have met in the operation just executed: the active ones, and more. */
  public int met() {
    return warp.full ? -1 : met;
  }

  /** The active lanes tell what they have in a register. */
  public void tell(int[] values) {
    Masked.copy(values, told, warp.mask);
  }

  /** The same of 64 bits. */
  public void tell(long[] values) {
    Masked.copy(values, toldLongs, warp.mask);
  }

  /** The same of a predicate. */
  public void tellPredicate(int bits) {
    toldPredicate = toldPredicate & ~warp.mask | bits & warp.mask;
  }

  /** By lane that has met, what it told; {@code own} where all have it in the same register. */
  public int[] told(int[] own) {
    return warp.full ? own : told;
  }

  /** The same of 64 bits. */
  public long[] told(long[] own) {
    return warp.full ? own : toldLongs;
  }

  /** The same of a predicate. */
  public int toldPredicate(int own) {
    return warp.full ? own : toldPredicate;
  }
}
