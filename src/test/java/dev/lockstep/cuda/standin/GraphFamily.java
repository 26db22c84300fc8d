package dev.lockstep.cuda.standin;

import java.lang.foreign.MemorySegment;
import java.util.List;
import jcuda.driver.CUresult;

/** Graphs that streams are captured into. They are launched node by node, in captured order. */
final class GraphFamily {
  private final DriverState state;

  GraphFamily(DriverState state) {
    this.state = state;
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

  @Export("cuGraphGetNodes")
  int nodes(long graph, MemorySegment nodes, MemorySegment count) {
    state.current();
    StandInGraph of = state.graphs.get(graph);
    if (nodes.address() != 0) {
      return CUresult.CUDA_ERROR_NOT_SUPPORTED; // nodes have no handles of their own
    }
    Host.set(count, (long) of.nodes().size());
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuGraphInstantiateWithFlags")
  int instantiate(MemorySegment executable, long graph, long flags) {
    state.current();
    Host.set(executable, state.executables.add(state.graphs.get(graph)));
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

  @Export("cuGraphDestroy")
  int destroy(long graph) {
    state.graphs.remove(graph);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuGraphExecDestroy")
  int destroyExecutable(long executable) {
    state.executables.remove(executable);
    return CUresult.CUDA_SUCCESS;
  }
}
