package dev.lockstep.simulator.execution;

/**
 * One decoded instruction. It is shared by all warps and threads, so it holds register numbers and
 * constants, never values.
 */
public abstract class Op {
  /** Executes for the active lanes of the warp, whose program counter has already moved on. */
  public abstract void execute(Warp w);

  /** Whether it is a block-wide barrier, or stands around one. */
  public boolean isBarrier() {
    return false;
  }
}
