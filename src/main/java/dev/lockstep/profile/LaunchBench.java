package dev.lockstep.profile;

import com.sun.management.ThreadMXBean;
import dev.lockstep.device.Device;
import dev.lockstep.device.Graph;
import dev.lockstep.device.Graphs;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Fill;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/** What launching costs, with a kernel that does next to nothing: it sets one number. */
public final class LaunchBench {
  private static final int BATCH = 1000;
  private static final int BATCHES = 21;
  private static final int WARM_UPS = 10;

  private LaunchBench() {}

  /**
   * Medians over batches of {@value #BATCH} launches.
   *
   * @param queued seconds the host takes to queue one launch, through the op that checks it
   * @param awaited seconds from queueing one to its end
   * @param heapBytes allocated on the Java heap for each launch
   * @param replayed seconds the host takes to queue one graph of {@value #BATCH} such launches, for
   *     each of them; empty on a device without graphs
   */
  public record Result(
      double queued, double awaited, double heapBytes, Optional<Double> replayed) {}

  /** Measures on a device, which stays open. */
  public static Result measure(Device device) {
    try (KernelLibrary library = new KernelLibrary(device);
        Stream stream = device.newStream();
        TensorArena arena = new TensorArena()) {
      Tensor target = arena.tensor(DType.F32, Shape.of(1));
      arena.allocate(device);
      Fill fill = new Fill(library);
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      double[] queued = new double[BATCHES];
      double[] bytes = new double[BATCHES];
      for (int batch = -WARM_UPS; batch < BATCHES; batch++) {
        long allocated = threads.getCurrentThreadAllocatedBytes();
        long begin = System.nanoTime();
        launch(fill, stream, target);
        double taken = (System.nanoTime() - begin) * 1e-9 / BATCH;
        allocated = threads.getCurrentThreadAllocatedBytes() - allocated;
        stream.synchronize();
        if (batch >= 0) {
          queued[batch] = taken;
          bytes[batch] = (double) allocated / BATCH;
        }
      }
      double[] awaited = new double[BATCHES];
      for (int batch = 0; batch < BATCHES; batch++) {
        long begin = System.nanoTime();
        for (int i = 0; i < BATCH; i++) {
          fill.fill(stream, target, i);
          stream.synchronize();
        }
        awaited[batch] = (System.nanoTime() - begin) * 1e-9 / BATCH;
      }
      Optional<Double> replayed =
          device.capability(Graphs.class).map(graphs -> replayed(graphs, fill, stream, target));
      return new Result(Median.of(queued), Median.of(awaited), Median.of(bytes), replayed);
    }
  }

  private static double replayed(Graphs graphs, Fill fill, Stream stream, Tensor target) {
    double[] seconds = new double[BATCHES];
    try (Graph graph = graphs.capture(recording -> launch(fill, recording, target))) {
      for (int batch = -WARM_UPS; batch < BATCHES; batch++) {
        long begin = System.nanoTime();
        stream.launch(graph);
        double taken = (System.nanoTime() - begin) * 1e-9 / BATCH;
        stream.synchronize();
        if (batch >= 0) {
          seconds[batch] = taken;
        }
      }
    }
    return Median.of(seconds);
  }

  private static void launch(Fill fill, Stream stream, Tensor target) {
    for (int i = 0; i < BATCH; i++) {
      fill.fill(stream, target, i);
    }
  }
}
