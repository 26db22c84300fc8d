package dev.lockstep.device;

/** How the simulator executes; never changes a result. */
public enum ExecutionTier {
  /** Interprets, and compiles what runs often. */
  AUTO,

  /** Only interprets: the reference semantics. */
  INTERPRETED,

  /** Compiles everything before its first use: for tests. */
  COMPILED
}
