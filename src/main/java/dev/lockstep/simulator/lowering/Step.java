package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import org.jspecify.annotations.Nullable;

/**
 * An instruction as control flow sees it.
 *
 * @param guard what a branch depends on; null for one always taken. Instructions that are no
 *     branches keep their guard to themselves
 * @param target the step a branch goes to, or −1
 */
record Step(Instruction instruction, Kind kind, Instruction.@Nullable Guard guard, int target) {
  enum Kind {
    PLAIN,
    BRANCH,
    EXIT
  }

  /** Whether it is the guard of the next step, made a branch around it. */
  boolean isGuardOfNext() {
    Instruction.Guard own = instruction.guard();
    return guard != null && own != null && guard.negated() != own.negated();
  }

  /** Whether what follows is a block of its own. */
  boolean endsBlock() {
    return kind != Kind.PLAIN;
  }

  /** Whether the next step in the text may be executed next. */
  boolean fallsThrough() {
    return kind == Kind.PLAIN || kind == Kind.BRANCH && guard != null;
  }
}
