package dev.lockstep.simulator;

/** What is watched during a launch. */
public enum Watch {
  PLAIN,
  SANITIZED,
  COUNTED
}
