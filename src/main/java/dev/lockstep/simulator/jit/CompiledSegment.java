package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Branch;

/**
 * A segment as generated code, in place of its first instruction. It takes over when all 32 lanes
 * are active and nothing asks for a stop inside the segment; otherwise that first instruction is
 * executed and the interpreter goes on behind it.
 */
public abstract class CompiledSegment extends Op {
  private final Op first;
  private final int end;
  private final int more;

  /**
   * @param first the op this one replaces
   * @param end the pc behind the segment
   * @param length instructions in it
   */
  protected CompiledSegment(Op first, int end, int length) {
    this.first = first;
    this.end = end;
    this.more = length - 1;
  }

  /** Whether all of it can be executed at once; if so, that is counted. */
  protected final boolean starts(Warp w) {
    return w.full && w.takeSteps(more, end);
  }

  /** Whether it has come back to its start, and all of it can be executed once more. */
  protected final boolean repeats(Warp w) {
    return w.full && w.pc == end - 1 - more && w.takeSteps(more + 1, end);
  }

  /** Executes the first instruction alone. */
  protected final void interpret(Warp w) {
    first.execute(w);
  }

  /**
   * Whether to execute what a branch passes over for all lanes. If only some are to, they have done
   * so.
   *
   * @param behind the pc behind the branch
   */
  protected static boolean enters(Warp w, Branch branch, Op[] bodies, int behind) {
    int taken = branch.taken(w);
    if (taken == 0) {
      return true;
    }
    if (taken == -1) {
      w.leaveOut(bodies.length);
      return false;
    }
    w.setMask(~taken);
    for (int i = 0; i < bodies.length; i++) {
      w.pc = behind + 1 + i;
      bodies[i].execute(w);
    }
    w.setMask(-1);
    return false;
  }
}
