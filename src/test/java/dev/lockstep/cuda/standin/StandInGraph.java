package dev.lockstep.cuda.standin;

import java.util.List;

/** What a stream captured. Its nodes get handles when somebody asks for them. */
final class StandInGraph {
  final StandInContext context;
  final List<GraphNode> nodes;
  private List<Long> handles = List.of();

  /** A node of a graph, which is what a handle of a node stands for. */
  record Node(StandInGraph graph, int index) {
    GraphNode content() {
      return graph.nodes.get(index);
    }
  }

  StandInGraph(StandInContext context, List<GraphNode> nodes) {
    this.context = context;
    this.nodes = List.copyOf(nodes);
  }

  /** The handle of each node, in captured order. */
  synchronized List<Long> handles(HandleTable<Node> table) {
    if (handles.size() < nodes.size()) {
      handles =
          java.util.stream.IntStream.range(0, nodes.size())
              .mapToObj(index -> table.add(new Node(this, index)))
              .toList();
    }
    return handles;
  }
}
