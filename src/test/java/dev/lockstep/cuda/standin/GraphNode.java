package dev.lockstep.cuda.standin;

import dev.lockstep.device.Launch;
import org.jspecify.annotations.Nullable;

/**
 * One thing a stream does: once, or each time the graph it was captured into is launched.
 *
 * @param launched what a kernel of a module is launched with; null for everything else
 */
record GraphNode(Kind kind, StandInGpu.Work work, @Nullable Launched launched) {
  /** What nodes do, each at its number as a {@code CUgraphNodeType}. */
  enum Kind {
    KERNEL,
    MEMCPY,
    MEMSET,
    HOST,
    GRAPH,
    EMPTY,
    WAIT_EVENT,
    EVENT_RECORD
  }

  /** A launch as it was asked for. */
  record Launched(StandInFunction function, Launch launch) {}

  GraphNode(Kind kind, StandInGpu.Work work) {
    this(kind, work, null);
  }

  void run(StandInContext context) {
    context.run(work);
  }
}
