package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.MeetingOp;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;

/** {@code elect.sync}: the first of the members that are left leads. */
public final class Elect extends MeetingOp {
  private final int d;
  private final int leads;

  /**
   * @param d where the leader's lane goes
   * @param leads predicate that holds in the leader alone
   */
  public Elect(Slot<int[]> d, int leads, Terms terms) {
    super(terms);
    this.d = d.index();
    this.leads = leads;
  }

  @Override
  public void execute(Warp w) {
    if (!isMet(w)) {
      return;
    }
    int leaders = 0;
    int[] answers = w.scratchInts;
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int leader = Integer.numberOfTrailingZeros(members(w, lane) & w.meetings.met());
      answers[lane] = leader;
      leaders |= leader == lane ? 1 << lane : 0;
    }
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      w.ints[d][lane] = answers[lane];
    }
    w.keepPredicate(leads, leaders);
  }
}
