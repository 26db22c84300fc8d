package dev.lockstep.simulator.execution;

/**
 * What one worker counts during one launch. Whoever lowered a kernel with ops that count also makes
 * their tallies, one for each worker, and adds them up when the launch is over.
 */
public interface Tally {
  /** For what is executed once more and has been counted already. */
  Tally spare();
}
