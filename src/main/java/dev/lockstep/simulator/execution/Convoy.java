package dev.lockstep.simulator.execution;

import org.jspecify.annotations.Nullable;

/**
 * Takes the warps of a block from one barrier to the next, when all have met at one and the code up
 * to the next is one {@link Leg}: warp after warp executes it, and when the last has, all have
 * arrived, which needs no bookkeeping.
 *
 * <p>The order is that of their turns, so that nothing else differs: the warp for which the others
 * waited goes on at once, then the one behind it, and so on around.
 */
final class Convoy {
  private final Turns turns;
  private final Warp[] warps;
  private final Barriers barriers;

  /** What all warps are about to execute; null, as mostly, when they have not just met. */
  private @Nullable Leg next;

  Convoy(Turns turns, Warp[] warps, Barriers barriers) {
    this.turns = turns;
    this.warps = warps;
    this.barriers = barriers;
  }

  /**
   * A barrier is complete, and no warp has ended yet. If all can go on together the one that
   * arrived last stops, for {@link #go}.
   */
  void met(Warp last) {
    if (!turns.areDrawn() && last.code[last.pc] instanceof Leg leg && canTake(leg, last)) {
      next = leg;
      last.groups.stop();
    }
  }

  /** Whether all warps wait to go on together. */
  boolean isReady() {
    return next != null;
  }

  /**
   * Takes all warps as far as leg follows leg.
   *
   * @param last the warp that arrived last
   * @return the one that is to go on now
   */
  int go(int last) {
    Leg leg = next;
    next = null;
    warps[last].groups.goOn(false);
    int first = last;
    for (Warp w : warps) {
      w.budget = turns.allowed(w);
    }
    while (leg != null) {
      int gone = take(leg, first);
      if (gone < warps.length) {
        first = after(first, gone);
        break;
      }
      first = after(first, gone - 1);
      leg = met(leg, warps[first]);
    }
    for (Warp w : warps) {
      turns.executed(w, turns.allowed(w) - w.budget);
    }
    return first;
  }

  /** Has warp after warp take a leg; how many have. If that is not all they wait at its barrier. */
  private int take(Leg leg, int first) {
    int gone;
    try {
      gone = leg.reachBarrier(warps, first);
      if (gone < warps.length) {
        arrive(leg, first, gone);
      }
    } catch (Warp.Again again) {
      gone = 0;
      while (leg.hasReachedBarrier(warps[after(first, gone)])) {
        gone++;
      }
      arrive(leg, first, gone);
      Turns.executeAgain(warps[after(first, gone)]);
    }
    return gone;
  }

  private void arrive(Leg leg, int first, int gone) {
    for (int i = 0; i < gone; i++) {
      leg.arrive(warps[after(first, i)]);
    }
  }

  /** All have met at the barrier of a leg; the next leg, or null if there is none. */
  private @Nullable Leg met(Leg leg, Warp last) {
    turns.met();
    barriers.met(leg.barrier(last), warps);
    leg.met(last, warps.length - 1);
    return last.code[last.pc] instanceof Leg further && isFree(further, last) ? further : null;
  }

  private int after(int first, int more) {
    int at = first + more;
    return at < warps.length ? at : at - warps.length;
  }

  private boolean canTake(Leg leg, Warp last) {
    boolean together = isFree(leg, last);
    for (Warp w : warps) {
      together &= w.full && w.pc == last.pc && w.code == last.code && !w.isBlocked();
    }
    return together;
  }

  /** Whether nobody has arrived yet at the barrier to which a leg leads. */
  private boolean isFree(Leg leg, Warp w) {
    int barrier = leg.barrier(w);
    return barrier >= 0 && barriers.isFree(barrier);
  }
}
