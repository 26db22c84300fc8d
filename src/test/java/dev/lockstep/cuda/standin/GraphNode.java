package dev.lockstep.cuda.standin;

/**
 * One thing a stream does: once, or each time the graph it was captured into is launched.
 *
 * @param type its {@code CUgraphNodeType}
 * @param name what a graph's update must find in its place: the kernel, or the kind of work
 */
record GraphNode(int type, String name, StandInGpu.Work work) {
  void run(StandInContext context) {
    context.run(work);
  }
}
