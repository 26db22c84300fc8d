package dev.lockstep.simulator.op;

/** An op by which lanes enter a function, whose frame then begins at their frame pointers. */
public interface Entering {
  /** What of the frame holds parameters and results, from its start on. */
  long passedBytes();
}
