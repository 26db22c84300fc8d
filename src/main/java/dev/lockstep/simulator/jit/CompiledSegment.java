package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.Leg;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import org.jspecify.annotations.Nullable;

/**
 * A segment as generated code, in place of its first instruction. It takes over when nothing asks
 * for a stop inside the segment, and all 32 lanes are active or none has to wait for others in it;
 * otherwise that first instruction is executed and the interpreter goes on behind it.
 */
public abstract class CompiledSegment extends Leg {
  private final Op first;
  private final int end;
  private final int more;
  private final boolean goesOn;
  private final @Nullable SomeLanes someLanes;

  /**
   * @param first the op this one replaces
   * @param segment of which it is the code
   * @param someLanes what it does when not all lanes are active; null when it cannot
   */
  protected CompiledSegment(Op first, Segment segment, @Nullable SomeLanes someLanes) {
    super(segment.commonEnd());
    this.first = first;
    this.end = segment.pc() + segment.length();
    this.more = segment.length() - 1;
    this.goesOn = segment.goesOn();
    this.someLanes = someLanes;
  }

  /** Whether all of it can be executed at once; if so, that is counted. */
  protected final boolean starts(Warp w) {
    return w.full && w.takeSteps(more, end);
  }

  /** Whether it has come back to its start, and all of it can be executed once more. */
  protected final boolean repeats(Warp w) {
    return w.full && w.pc == end - 1 - more && w.takeSteps(more + 1, end);
  }

  /** The same of all that comes before a barrier at the end, which is counted, too. */
  protected final boolean startsToBarrier(Warp w) {
    return w.full && w.takeSteps(more + 1, end);
  }

  @Override
  protected int reachBarrier(Warp[] warps, int first) {
    throw new IllegalStateException("no barrier ends this segment");
  }

  @Override
  protected final boolean hasReachedBarrier(Warp w) {
    return w.pc == end;
  }

  /** Whether a loop has ended for all lanes, and they go on behind it. */
  protected final boolean hasEnded(Warp w) {
    return w.full && w.pc == end;
  }

  /** Executes all of it for some lanes, if that can be done at once; else its first instruction. */
  protected final void executePartly(Warp w) {
    if (someLanes == null || !w.takeSteps(more, end)) {
      first.execute(w);
      return;
    }
    try {
      someLanes.execute(w);
    } catch (RuntimeException left) {
      w.leaveOut(end - w.pc);
      throw left;
    }
    if (goesOn) {
      w.pc = end;
    }
  }
}
