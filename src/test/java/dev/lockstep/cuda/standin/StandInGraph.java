package dev.lockstep.cuda.standin;

import java.util.List;

/** What a stream captured; instantiating it changes nothing. */
record StandInGraph(StandInContext context, List<GraphNode> nodes) {}
