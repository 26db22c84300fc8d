package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;

/** {@code elect.sync}: the first of the members that are left leads. */
public final class Elect extends Op implements WarpSync {
  private final int d;
  private final int leads;
  private final Members members;

  /**
   * @param d where the leader's lane goes
   * @param leads predicate that holds in the leader alone
   */
  public Elect(Slot<int[]> d, int leads, Members members) {
    this.d = d.index();
    this.leads = leads;
    this.members = members;
  }

  @Override
  public Members members() {
    return members;
  }

  @Override
  public void execute(Warp w) {
    if (!members.met(w)) {
      return;
    }
    int leaders = 0;
    int[] answers = w.scratchInts;
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int leader = Integer.numberOfTrailingZeros(members.of(w, lane) & w.mask);
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
