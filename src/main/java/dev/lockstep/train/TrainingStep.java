package dev.lockstep.train;

import dev.lockstep.data.Batch;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.LanguageModel;
import dev.lockstep.nn.OpSet;
import dev.lockstep.nn.Parameters;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.StepState;
import dev.lockstep.optim.AdamW;
import dev.lockstep.optim.GradientClipper;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;

/**
 * One optimizer step as work on a stream: forward and backward passes over the step's batches, the
 * gradient norm, AdamW. Everything a step hands to the next stays on the device.
 */
final class TrainingStep implements AutoCloseable {
  private final TensorArena arena = new TensorArena();
  private final Parameters parameters;
  private final LanguageModel model;
  private final GradientClipper clipper;
  private final AdamW optimizer;
  private final Tensor stateWords;
  private final StepState state;
  private final Tensor loss; // f32 scalar: the mean over one batch
  private final LossWeight weight;

  TrainingStep(
      TrainConfig config, KernelLibrary library, OpSet ops, Parameters parameters, Stream stream) {
    this.parameters = parameters;
    stateWords = arena.tensor(StepState.DTYPE, StepState.SHAPE);
    loss = arena.tensor(DType.F32, Shape.of(1));
    arena.allocate(library.device());
    state = new StepState(library, stateWords);
    state.reset(stream);
    weight = new LossWeight(config, ops, state, stream);
    model =
        new LanguageModel(
            config.model(), ops, parameters, config.batch(), true, config.headMemory(), stream);
    clipper = new GradientClipper(library, parameters, config.clipNorm(), stream);
    optimizer = new AdamW(library, parameters, config.optimizer(), stream);
  }

  /**
   * Queues a step; waits for nothing.
   *
   * @param window holds the step's batches at {@code place} and takes its results there
   */
  void queue(Stream stream, StepWindow window, int place, int passes, double learningRate) {
    parameters.clearGradients(stream);
    weight.prepare(stream);
    for (int pass = 0; pass < passes; pass++) {
      upload(stream, model, window.batch(place, pass));
      model.forward(stream);
      model.loss(stream, weight.upstream());
      model.meanLoss(stream, loss);
      window.keepLoss(stream, place, pass, loss);
      model.backward(stream);
    }
    state.setLearningRate(stream, (float) learningRate);
    clipper.measure(stream, state);
    optimizer.step(stream, state);
    window.keepState(stream, place, stateWords); // with the scale the step went by
    weight.update(stream);
  }

  /** Queues a batch's way to the device. */
  static void upload(Stream stream, LanguageModel model, Batch batch) {
    stream.copyToDevice(model.ids().buffer(), model.ids().byteOffset(), batch.ids());
    stream.copyToDevice(model.targets().buffer(), model.targets().byteOffset(), batch.targets());
  }

  /** Everything a checkpoint after {@code step} steps holds; waits for the stream. */
  Checkpoint checkpoint(Stream stream, TrainConfig config, int step) {
    StepState.Values values = state.read(stream);
    float lossScale = config.scalesLoss() ? values.lossScale() : 0;
    return new Checkpoint(
        new Checkpoint.Counters(step, values.skipped(), lossScale, values.goodSteps()),
        config.describe(),
        parameters.read(stream),
        optimizer.readFirstMoments(stream),
        optimizer.readSecondMoments(stream));
  }

  /** Goes on from a checkpoint; waits for the stream. */
  void restore(Stream stream, Checkpoint checkpoint) {
    parameters.load(stream, checkpoint.weights());
    optimizer.load(stream, checkpoint.firstMoments(), checkpoint.secondMoments());
    Checkpoint.Counters counters = checkpoint.counters();
    state.setSteps(stream, counters.step() - counters.skipped(), counters.skipped());
    weight.restore(stream, counters);
  }

  @Override
  public void close() {
    optimizer.close();
    clipper.close();
    model.close();
    weight.close();
    arena.close();
  }
}
