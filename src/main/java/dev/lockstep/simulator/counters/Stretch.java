package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Onlooker;

/**
 * Counts the executions of a straight stretch of code, by warp and by lane. Groups of lanes that
 * enter it apart count as two executions to its end, even if one was set aside inside, for others
 * to have a turn, and the other caught up with it.
 */
final class Stretch extends Op implements Onlooker {
  private final int slot;

  Stretch(Slots slots) {
    slot = slots.take(2);
  }

  @Override
  public void execute(Warp w) {
    add(KernelTally.of(w).counts, slot, w.mask);
  }

  /** The slot that holds how often it was executed by warps. */
  int executions() {
    return slot;
  }

  /** The slot that holds by how many lanes in all. */
  int lanes() {
    return slot + 1;
  }

  /** Counts one execution by these lanes in two places. */
  static void add(long[] counts, int slot, int lanes) {
    counts[slot]++;
    counts[slot + 1] += Integer.bitCount(lanes);
  }
}
