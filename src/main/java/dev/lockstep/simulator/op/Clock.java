package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;

/** {@code %clock64} and {@code %globaltimer}, and what is cut from them. */
public final class Clock extends Op {
  private final boolean global;
  private final int d;

  /**
   * @param global whether it is nanoseconds of the host; else the multiprocessor's cycles, which
   *     are the same in every run
   */
  public Clock(boolean global, Slot<long[]> d) {
    this.global = global;
    this.d = d.index();
  }

  @Override
  public void execute(Warp w) {
    long now = global ? System.nanoTime() : w.cycles();
    Arrays.fill((long[]) w.target(Slot.LONGS, d), now);
    w.keep(Slot.LONGS, d);
  }
}
