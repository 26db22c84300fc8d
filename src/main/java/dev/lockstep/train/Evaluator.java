package dev.lockstep.train;

import dev.lockstep.data.Batch;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.Model;
import dev.lockstep.nn.ModelUse;
import dev.lockstep.nn.OpSet;
import dev.lockstep.nn.Parameters;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.HostTensor;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/** Walks once over the whole held-out part of a task. */
final class Evaluator {
  /** Batches on their way to the device at once; the host waits once in so many. */
  private static final int WINDOW = 32;

  private final TrainConfig config;
  private final Task task;
  private final OpSet ops;
  private final Parameters parameters;

  Evaluator(TrainConfig config, Task task, OpSet ops, Parameters parameters) {
    this.config = config;
    this.task = task;
    this.ops = ops;
    this.parameters = parameters;
  }

  /** What the model reaches now; waits for the stream. */
  Validation validate(Stream stream, TrainListener listener) {
    int rows = config.batch();
    int batches = task.heldOutBatches();
    double nats = 0;
    long hits = 0;
    try (Arena host = Arena.ofShared();
        TensorArena device = new TensorArena();
        Model model =
            config
                .model()
                .create(
                    ops,
                    parameters,
                    rows,
                    ModelUse.INFERENCE,
                    config.compute().headMemory(),
                    stream)) {
      Tensor loss = device.tensor(DType.F32, Shape.of(1));
      Tensor losses = device.tensor(DType.F32, Shape.of(WINDOW));
      Tensor upstream = device.tensor(DType.F32, Shape.of(1));
      HitCounter counter =
          task.countsHits() ? new HitCounter(device, model, Math.min(WINDOW, batches)) : null;
      device.allocate(ops.library().device());
      ops.fill().fill(stream, upstream, 1);
      List<Batch> staging = new ArrayList<>();
      for (int i = 0; i < WINDOW; i++) {
        staging.add(Batch.allocate(host, rows, config.model().inputWords()));
      }
      for (int first = 0; first < batches; first += WINDOW) {
        int count = Math.min(WINDOW, batches - first);
        for (int i = 0; i < count; i++) {
          task.fillHeldOut(staging.get(i), first + i);
          TrainingStep.upload(stream, model, staging.get(i));
          model.forward(stream);
          model.loss(stream, upstream);
          model.summedLoss(stream, loss);
          losses.slice(i, 1).copyFrom(stream, loss);
          if (counter != null) {
            counter.keep(stream, i);
          }
          listener.evaluated(first + i + 1, batches);
        }
        nats += sum(stream, losses, count);
        hits += counter == null ? 0 : counter.count(stream, staging.subList(0, count));
      }
      model.checkIndices(stream);
    }
    return task.validation(nats, hits);
  }

  private static double sum(Stream stream, Tensor losses, int count) {
    double sum = 0;
    try (HostTensor values = new HostTensor(DType.F32, losses.shape())) {
      losses.copyTo(stream, values);
      stream.synchronize();
      for (int i = 0; i < count; i++) {
        sum += values.get(i);
      }
    }
    return sum;
  }
}
