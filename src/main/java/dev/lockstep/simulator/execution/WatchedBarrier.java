package dev.lockstep.simulator.execution;

/** An op around a barrier that also wants to know of warps that met there without executing it. */
public interface WatchedBarrier {
  /** The op it stands around. */
  Op watched();

  /**
   * All warps of a block have met.
   *
   * @param last the one for which the others waited
   * @param waited how many those are
   */
  void met(Warp last, int waited);
}
