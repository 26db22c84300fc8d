package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/**
 * Stands at the first instruction of a segment and counts how often that is executed; often enough,
 * and it has the segment compiled and leaves its place to the result. Workers may count at once and
 * lose a count: it only has to grow.
 */
final class HotSegment extends Op {
  /** Executions by a warp after which compiling pays: it takes as long as about this many. */
  private static final int THRESHOLD = 400;

  private final Op first;
  private final Segment segment;
  private final Op[] code;
  private int executions;

  HotSegment(Segment segment, Op[] code) {
    this.first = code[segment.pc()];
    this.segment = segment;
    this.code = code;
  }

  @Override
  public void execute(Warp w) {
    if (++executions == THRESHOLD) {
      SegmentCompiler.compileLater(segment, first, code, Sample.of(segment.parts(), w));
    }
    first.execute(w);
  }
}
