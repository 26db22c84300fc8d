package dev.lockstep.simulator.execution;

import org.jspecify.annotations.Nullable;

/** Lanes that are at one instruction while others of their warp run. */
final class LaneGroup {
  /** What they execute next. */
  int pc;

  int lanes;

  /** Whether they wait for others and cannot go on. */
  boolean parked;

  /** The barrier that is not aligned at which they are parked, or null. */
  @Nullable BarrierOp barrier;

  /** The operation at which they are parked that others may come to in other places, or null. */
  @Nullable MeetingOp meeting;

  void place(int at, int members) {
    pc = at;
    lanes = members;
    wake();
  }

  /** They may run: what they waited for has come, or is to be looked at again. */
  void wake() {
    parked = false;
    barrier = null;
    meeting = null;
  }

  /** The first of them. */
  int first() {
    return Integer.numberOfTrailingZeros(lanes);
  }
}
