package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;

/** {@code %clock64} and its relatives: nanoseconds of the host. */
public final class Clock extends Op {
  private final int d;

  public Clock(Slot<long[]> d) {
    this.d = d.index();
  }

  @Override
  public void execute(Warp w) {
    Arrays.fill((long[]) w.target(Slot.LONGS, d), w.clock());
    w.keep(Slot.LONGS, d);
  }
}
