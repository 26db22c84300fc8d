package dev.lockstep.cuda.standin;

/** One thing a stream does: once, or each time the graph it was captured into is launched. */
record GraphNode(StandInGpu.Work work) {
  void run(StandInContext context) {
    context.run(work);
  }
}
