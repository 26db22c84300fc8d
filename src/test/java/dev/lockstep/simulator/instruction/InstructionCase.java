package dev.lockstep.simulator.instruction;

import java.util.List;

/** Operands and the results they must give: one line of an {@link InstructionFile}. */
record InstructionCase(String text, List<LaneValues> operands, List<LaneValues> results) {
  static InstructionCase parse(String text) {
    String[] sides = text.split("-> ?", -1);
    if (sides.length != 2) {
      throw new IllegalArgumentException("a case is 'operands -> results', not '" + text + "'");
    }
    return new InstructionCase(text, LaneValues.parse(sides[0]), LaneValues.parse(sides[1]));
  }

  /** Whether every thread does the same, so that any number of them may run. */
  boolean isUniform() {
    return operands.stream().allMatch(LaneValues::isUniform)
        && results.stream().allMatch(LaneValues::isUniform);
  }
}
