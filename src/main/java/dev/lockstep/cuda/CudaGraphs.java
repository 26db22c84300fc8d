package dev.lockstep.cuda;

import dev.lockstep.device.CaptureException;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceMemoryException;
import dev.lockstep.device.Graph;
import dev.lockstep.device.Graphs;
import dev.lockstep.device.Stream;
import java.util.function.Consumer;

/** CUDA graphs, each captured from a stream of its own. */
final class CudaGraphs implements Graphs {
  private final CudaDevice device;

  CudaGraphs(CudaDevice device) {
    this.device = device;
  }

  @Override
  public Graph capture(Consumer<Stream> work) {
    try (CudaStream stream = device.newStream();
        StreamCapture capture = new StreamCapture(device, stream)) {
      work.accept(stream);
      return capture.end();
    } catch (DeviceException e) {
      throw e instanceof DeviceMemoryException || CudaErrors.breaksContext(e.code())
          ? e
          : new CaptureException(e);
    }
  }
}
