package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An instruction as control flow sees it.
 *
 * @param guard what a branch depends on; null for one always taken. Instructions that are no
 *     branches keep their guard to themselves
 * @param targets the steps a branch may go to
 */
record Step(
    Instruction instruction, Kind kind, Instruction.@Nullable Guard guard, List<Integer> targets) {
  enum Kind {
    PLAIN,
    /** To one target, or on if it has a guard. */
    BRANCH,
    /** To one of several targets. */
    INDEXED,
    /** Somewhere else, and back to the next step. */
    CALL,
    EXIT
  }

  /** A step that is no branch and has no targets. */
  static Step of(Instruction in, Kind kind) {
    return new Step(in, kind, null, List.of());
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
    return kind == Kind.PLAIN || kind == Kind.CALL || kind == Kind.BRANCH && guard != null;
  }
}
