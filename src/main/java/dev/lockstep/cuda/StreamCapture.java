package dev.lockstep.cuda;

import java.util.LinkedHashSet;
import java.util.Set;
import jcuda.driver.CUgraph;
import jcuda.driver.CUresult;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/**
 * A stream that records instead of doing, from the constructor to {@link #end}. Closing without
 * that throws away what was recorded.
 */
final class StreamCapture implements AutoCloseable {
  private final CudaDevice device;
  private final CudaStream stream;
  private final Set<CudaKernel> kernels = new LinkedHashSet<>();
  private boolean ended;

  StreamCapture(CudaDevice device, CudaStream stream) {
    this.device = device;
    this.stream = stream;
    device.makeCurrent();
    // Other threads may go on with what cannot be recorded.
    device.check(
        "cuStreamBeginCapture",
        JCudaDriver.cuStreamBeginCapture(
            stream.queue(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    stream.captureInto(this);
    device.capturing(true);
  }

  /** A kernel was launched. */
  void add(CudaKernel kernel) {
    kernels.add(kernel);
  }

  /** What was recorded, ready to be launched; it is the device's to close with itself. */
  CudaGraph end() {
    CUgraph graph = new CUgraph();
    device.check("cuStreamEndCapture", stop(graph));
    try {
      return device.opened(new CudaGraph(device, graph, kernels));
    } finally {
      device.checkReturned("cuGraphDestroy", JCudaDriver.cuGraphDestroy(graph));
    }
  }

  @Override
  public void close() {
    if (!ended) {
      CUgraph graph = new CUgraph();
      // Whatever went wrong was said; the driver answers that the capture is invalid.
      if (stop(graph) == CUresult.CUDA_SUCCESS) {
        device.checkReturned("cuGraphDestroy", JCudaDriver.cuGraphDestroy(graph));
      }
    }
  }

  private int stop(CUgraph graph) {
    ended = true;
    device.capturing(false);
    stream.captureInto(null);
    device.makeCurrent();
    return JCudaDriver.cuStreamEndCapture(stream.queue(), graph);
  }
}
