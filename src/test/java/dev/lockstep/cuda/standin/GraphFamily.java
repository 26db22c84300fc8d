package dev.lockstep.cuda.standin;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lockstep.cuda.standin.GraphNode.Kind;
import dev.lockstep.cuda.standin.GraphNode.Launched;
import java.lang.foreign.MemorySegment;
import java.util.List;
import jcuda.driver.CUgraphExecUpdateResult;
import jcuda.driver.CUresult;
import org.jspecify.annotations.Nullable;

/**
 * Graphs that streams are captured into. They are launched node by node, in captured order, which
 * is also the order their nodes are listed in and updated by.
 */
final class GraphFamily {
  private final DriverState state;
  private final LaunchFamily launches;

  GraphFamily(DriverState state, LaunchFamily launches) {
    this.state = state;
    this.launches = launches;
  }

  @Export("cuStreamBeginCapture_v2")
  int begin(long stream, int mode) {
    StandInStream on = state.stream(stream);
    if (on == on.context.defaultStream) {
      return CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    state.captures().begin(on, state.thread(), mode);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuStreamEndCapture")
  int end(long stream, MemorySegment graph) {
    StandInStream on = state.stream(stream);
    Host.set(graph, state.graphs.add(state.captures().end(on, state.thread())));
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuStreamIsCapturing")
  int capturing(long stream, MemorySegment status) {
    Host.set(status, state.stream(stream).capturing() ? 1 : 0);
    return CUresult.CUDA_SUCCESS;
  }

  /** How many nodes there are, or as many of them as there is place for: {@code count} says. */
  @Export("cuGraphGetNodes")
  int nodes(long graph, MemorySegment nodes, MemorySegment count) {
    state.current();
    StandInGraph of = state.graphs.get(graph);
    if (nodes.address() == 0) {
      Host.set(count, (long) of.nodes.size());
      return CUresult.CUDA_SUCCESS;
    }
    long places = Host.at(count, Long.BYTES).get(JAVA_LONG, 0);
    List<Long> handles = of.handles(state.graphNodes);
    MemorySegment all = Host.at(nodes, Long.BYTES * places);
    for (long i = 0; i < places; i++) {
      all.setAtIndex(JAVA_LONG, i, i < handles.size() ? handles.get((int) i) : 0);
    }
    Host.set(count, Math.min(places, handles.size()));
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuGraphNodeGetType")
  int nodeType(long node, MemorySegment type) {
    state.current();
    Host.set(type, state.graphNodes.get(node).content().kind().ordinal());
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuGraphInstantiateWithFlags")
  int instantiate(MemorySegment executable, long graph, long flags) {
    state.current();
    Host.set(executable, state.executables.add(new StandInExecutable(state.graphs.get(graph))));
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuGraphLaunch")
  int launch(long executable, long stream) {
    StandInStream on = state.stream(stream);
    List<GraphNode> nodes = state.executables.get(executable).nodes();
    on.requireNoCapture();
    nodes.forEach(on::submit);
    return CUresult.CUDA_SUCCESS;
  }

  /**
   * Another launch in a kernel's place, from the next launch of the graph on. The node is one of
   * the graph the executable was made from. A {@code CUDA_KERNEL_NODE_PARAMS}: function, grid,
   * block, shared bytes, parameters at 40, extra.
   */
  @Export("cuGraphExecKernelNodeSetParams_v2")
  int setKernel(long executable, long node, MemorySegment parameters) {
    state.current();
    StandInExecutable in = state.executables.get(executable);
    StandInGraph.Node which = state.graphNodes.get(node);
    Launched before = which.content().launched();
    if (which.graph() != in.source || before == null) {
      return CUresult.CUDA_ERROR_INVALID_VALUE;
    }
    MemorySegment p = Host.at(parameters, 72);
    GraphNode changed =
        launches.node(
            p.get(JAVA_LONG, 0),
            LaunchFamily.extents(p, 8),
            LaunchFamily.extents(p, 20),
            p.get(JAVA_INT, 32),
            MemorySegment.ofAddress(p.get(JAVA_LONG, 40)),
            MemorySegment.ofAddress(p.get(JAVA_LONG, 48)));
    if (!mayFollow(before, changed.launched())) {
      return CUresult.CUDA_ERROR_INVALID_VALUE;
    }
    in.replace(which.index(), changed);
    return CUresult.CUDA_SUCCESS;
  }

  /**
   * What another graph of the same shape does, from the next launch on; none of it where one node
   * does not fit. A {@code CUgraphExecUpdateResultInfo}: result, node to blame at 8, the node
   * before it.
   */
  @Export("cuGraphExecUpdate_v2")
  int update(long executable, long graph, MemorySegment result) {
    state.current();
    StandInExecutable in = state.executables.get(executable);
    StandInGraph to = state.graphs.get(graph);
    List<GraphNode> now = in.nodes();
    if (now.size() != to.nodes.size()) {
      return refused(
          result, CUgraphExecUpdateResult.CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED, 0);
    }
    for (int i = 0; i < now.size(); i++) {
      GraphNode before = now.get(i);
      GraphNode after = to.nodes.get(i);
      if (before.kind() != after.kind()) {
        return refused(
            result,
            CUgraphExecUpdateResult.CU_GRAPH_EXEC_UPDATE_ERROR_NODE_TYPE_CHANGED,
            to.handles(state.graphNodes).get(i));
      }
      if (before.kind() == Kind.KERNEL && !mayFollow(before.launched(), after.launched())) {
        return refused(
            result,
            CUgraphExecUpdateResult.CU_GRAPH_EXEC_UPDATE_ERROR_UNSUPPORTED_FUNCTION_CHANGE,
            to.handles(state.graphNodes).get(i));
      }
    }
    in.replace(to.nodes);
    return answer(result, CUgraphExecUpdateResult.CU_GRAPH_EXEC_UPDATE_SUCCESS, 0);
  }

  /** The context of a node's kernel cannot change; a library's kernels are in the graph's own. */
  private static boolean mayFollow(@Nullable Launched before, @Nullable Launched after) {
    return before == null
        || after == null
        || before.function().module().context() == after.function().module().context();
  }

  private static int refused(MemorySegment result, int why, long node) {
    answer(result, why, node);
    return CUresult.CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE;
  }

  private static int answer(MemorySegment result, int why, long node) {
    MemorySegment info = Host.at(result, 24);
    info.set(JAVA_INT, 0, why);
    info.set(JAVA_LONG, 8, node);
    info.set(JAVA_LONG, 16, 0);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuGraphDestroy")
  int destroy(long graph) {
    StandInGraph gone = state.graphs.remove(graph);
    state.graphNodes.removeIf(node -> node.graph() == gone);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuGraphExecDestroy")
  int destroyExecutable(long executable) {
    state.executables.remove(executable);
    return CUresult.CUDA_SUCCESS;
  }
}
