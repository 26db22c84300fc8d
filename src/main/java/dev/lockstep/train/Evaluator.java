package dev.lockstep.train;

import dev.lockstep.data.Batch;
import dev.lockstep.data.Corpus;
import dev.lockstep.data.HeldOutBatches;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.LanguageModel;
import dev.lockstep.nn.LanguageModelConfig;
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

/** Bits per byte over the whole held-out part of a corpus. */
final class Evaluator {
  /** Batches on their way to the device at once; the host waits once in so many. */
  private static final int WINDOW = 32;

  private final LanguageModelConfig config;
  private final OpSet ops;
  private final Parameters parameters;
  private final int rows;
  private final long headBytes;

  /**
   * @param rows rows of each forward pass
   * @param headBytes what their logits may take
   */
  Evaluator(
      LanguageModelConfig config, OpSet ops, Parameters parameters, int rows, long headBytes) {
    this.config = config;
    this.ops = ops;
    this.parameters = parameters;
    this.rows = rows;
    this.headBytes = headBytes;
  }

  /** Mean of −log₂ p over every held-out byte; waits for the stream. */
  double bitsPerByte(Stream stream, Corpus corpus, TrainListener listener) {
    HeldOutBatches batches = new HeldOutBatches(corpus, config.context(), rows);
    double nats = 0;
    try (Arena host = Arena.ofShared();
        TensorArena device = new TensorArena();
        LanguageModel model =
            new LanguageModel(config, ops, parameters, rows, false, headBytes, stream)) {
      Tensor loss = device.tensor(DType.F32, Shape.of(1));
      Tensor losses = device.tensor(DType.F32, Shape.of(WINDOW));
      Tensor upstream = device.tensor(DType.F32, Shape.of(1));
      device.allocate(ops.library().device());
      ops.fill().fill(stream, upstream, 1);
      List<Batch> staging = new ArrayList<>();
      for (int i = 0; i < WINDOW; i++) {
        staging.add(Batch.allocate(host, rows, config.context()));
      }
      for (int first = 0; first < batches.count(); first += WINDOW) {
        int count = Math.min(WINDOW, batches.count() - first);
        for (int i = 0; i < count; i++) {
          batches.fill(staging.get(i), first + i);
          TrainingStep.upload(stream, model, staging.get(i));
          model.forward(stream);
          model.loss(stream, upstream);
          model.summedLoss(stream, loss);
          losses.slice(i, 1).copyFrom(stream, loss);
          listener.evaluated(first + i + 1, batches.count());
        }
        nats += sum(stream, losses, count);
      }
      model.checkIndices(stream);
    }
    return nats / Math.log(2) / corpus.heldOutLength();
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
