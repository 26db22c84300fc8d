package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

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

  @Override
  public final void execute(Warp w) {
    if (w.full && w.takeSteps(more, end)) {
      run(w);
      w.pc = end;
    } else {
      first.execute(w);
    }
  }

  /** Executes all of it for 32 lanes. */
  protected abstract void run(Warp w);
}
