package dev.lockstep.cuda.standin;

import java.util.ArrayList;
import java.util.List;

/** A graph made ready to launch: its nodes may take other parameters, never another shape. */
final class StandInExecutable {
  final StandInContext context;

  /** What it was made from, whose nodes name the nodes of this. */
  final StandInGraph source;

  private volatile List<GraphNode> nodes;

  StandInExecutable(StandInGraph source) {
    this.source = source;
    context = source.context;
    nodes = source.nodes;
  }

  /** What a launch does now. */
  List<GraphNode> nodes() {
    return nodes;
  }

  void replace(List<GraphNode> all) {
    nodes = List.copyOf(all);
  }

  void replace(int index, GraphNode node) {
    List<GraphNode> all = new ArrayList<>(nodes);
    all.set(index, node);
    replace(all);
  }
}
