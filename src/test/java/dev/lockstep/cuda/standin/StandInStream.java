package dev.lockstep.cuda.standin;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUresult;
import org.jspecify.annotations.Nullable;

/** A queue that is never behind: what is put on it is done at once, or captured for a graph. */
final class StandInStream {
  final StandInContext context;
  final int flags;
  final int priority;
  private @Nullable List<GraphNode> captured;
  private boolean invalid;

  StandInStream(StandInContext context, int flags, int priority) {
    this.context = context;
    this.flags = flags;
    this.priority = priority;
  }

  synchronized void submit(GraphNode node) {
    if (captured != null && invalid) {
      throw new DriverError(CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    } else if (captured != null) {
      captured.add(node);
    } else {
      node.run(context);
    }
  }

  /** For calls that wait: capturing has nothing to wait for. They spoil the capture. */
  synchronized void requireNoCapture() {
    if (captured != null) {
      invalid = true;
      throw new DriverError(CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    }
  }

  synchronized boolean capturing() {
    return captured != null;
  }

  synchronized void beginCapture() {
    if (captured != null) {
      throw new DriverError(CUresult.CUDA_ERROR_ILLEGAL_STATE);
    }
    captured = new ArrayList<>();
    invalid = false;
  }

  synchronized List<GraphNode> endCapture() {
    List<GraphNode> all = captured;
    if (all == null) {
      throw new DriverError(CUresult.CUDA_ERROR_ILLEGAL_STATE);
    }
    captured = null;
    if (invalid) {
      throw new DriverError(CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    }
    return List.copyOf(all);
  }
}
