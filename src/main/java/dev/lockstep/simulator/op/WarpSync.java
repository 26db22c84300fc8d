package dev.lockstep.simulator.op;

/** A {@code .sync} operation within a warp: each lane meets those that its member mask names. */
public interface WarpSync {
  /** The lanes named. */
  Members members();
}
