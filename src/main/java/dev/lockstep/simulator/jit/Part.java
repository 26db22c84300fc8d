package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.Op;
import java.util.List;
import java.util.Set;

/** A piece of a {@link Segment}. */
public sealed interface Part {
  /** Instructions it stands for. */
  int length();

  /**
   * Neighbours that work lane by lane: one loop over the lanes executes them all, with what they
   * hand to each other in local variables.
   *
   * @param length instructions of the program; some are two of {@code scalars}
   * @param wanted what is read behind them
   */
  record Run(List<Scalar> scalars, int length, Set<Place> wanted) implements Part {}

  /**
   * Anything else: executed as the interpreter does.
   *
   * @param length instructions it does at once
   * @param written the registers it may change
   */
  record Single(Op op, int length, Set<Place> written) implements Part {}
}
