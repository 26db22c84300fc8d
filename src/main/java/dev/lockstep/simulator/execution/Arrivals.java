package dev.lockstep.simulator.execution;

import org.jspecify.annotations.Nullable;

/**
 * How the lanes of a warp come to a block-wide barrier: all that have not exited, each in its own
 * place where the barrier is not aligned. Those who came elsewhere stay parked there until the
 * barrier lets the warp go.
 */
final class Arrivals {
  private final Warp warp;
  private final Aside aside;

  /** The barrier at which the running group waits while its warp is blocked. */
  private @Nullable BarrierOp barrier;

  Arrivals(Warp warp, Aside aside) {
    this.warp = warp;
    this.aside = aside;
  }

  /** Whether all lanes that are left have come to the barrier being executed. */
  boolean gather(BarrierOp op) {
    int at = warp.pc - 1;
    warp.groups.takeIn();
    int elsewhere = 0;
    for (int i = 0; i < aside.count(); i++) {
      elsewhere |= aside.get(i).barrier != null ? aside.get(i).lanes : 0;
    }
    if ((warp.alive & ~(warp.mask | elsewhere)) == 0) {
      return true;
    }
    aside.park(at, warp.mask).barrier = op;
    warp.setMask(0);
    warp.groups.stop();
    return false;
  }

  /** Faults unless all lanes of the warp, wherever they came to it, mean one barrier. */
  void requireSame(BarrierOp op, int id, int threads) {
    if (aside.count() == 0 && op.isLiteral()) {
      return;
    }
    boolean same = op.names(warp, warp.mask, id, threads);
    for (int i = 0; i < aside.count(); i++) {
      BarrierOp other = aside.get(i).barrier;
      same &=
          other == null
              || other.kind() == op.kind() && other.names(warp, aside.get(i).lanes, id, threads);
    }
    if (!same) {
      throw BarrierOp.disagreement(warp);
    }
  }

  /** For how many lanes the predicate of a barrier holds that all lanes have come to. */
  int votes(BarrierOp op) {
    int votes = op.votes(warp, warp.mask);
    for (int i = 0; i < aside.count(); i++) {
      BarrierOp other = aside.get(i).barrier;
      votes += other == null ? 0 : other.votes(warp, aside.get(i).lanes);
    }
    return votes;
  }

  /** The warp waits for others. */
  void block(BarrierOp op) {
    barrier = op;
    warp.groups.stop();
  }

  /** The barrier is complete, or asks for no more than to arrive. */
  void resume(int votes, int voters) {
    if (barrier != null) {
      barrier.finish(warp, warp.mask, votes, voters);
      barrier = null;
    }
    for (int i = 0; i < aside.count(); i++) {
      LaneGroup group = aside.get(i);
      if (group.barrier != null) {
        group.barrier.finish(warp, group.lanes, votes, voters);
        group.place(group.pc + 1, group.lanes);
      }
    }
    warp.groups.goOn(false);
  }
}
