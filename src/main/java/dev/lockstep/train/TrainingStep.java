package dev.lockstep.train;

import dev.lockstep.data.Batch;
import dev.lockstep.device.Graph;
import dev.lockstep.device.Graphs;
import dev.lockstep.device.RecordedWork;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.ActivationWatch;
import dev.lockstep.nn.Model;
import dev.lockstep.nn.OpSet;
import dev.lockstep.nn.Parameters;
import dev.lockstep.numeric.CounterRandom;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.StepState;
import dev.lockstep.optim.GradientClipper;
import dev.lockstep.optim.Optimizer;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import dev.lockstep.train.health.HealthProbe;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One optimizer step as work on a stream: forward and backward passes over the step's batches, the
 * gradient norm, the optimizer. Everything a step hands to the next stays on the device. Where the
 * device can capture work, a step is one launch of a graph; elsewhere its calls are recorded once.
 */
final class TrainingStep implements AutoCloseable {
  private final TensorArena arena = new TensorArena();
  private final StepWindow window;
  private final @Nullable Graphs graphs;
  private final @Nullable Graph[] captured = new @Nullable Graph[StepInputs.SLOTS];
  private final @Nullable RecordedWork[] recorded = new @Nullable RecordedWork[StepInputs.SLOTS];
  private final int passes;
  private final Parameters parameters;
  private final Model model;
  private final GradientClipper clipper;
  private final Optimizer optimizer;
  private final Tensor stateWords;
  private final StepState state;
  private final LossWeight weight;
  private final long dropoutSeed;

  private long queued;

  /**
   * Allocates what a step needs and queues what comes before the first.
   *
   * @param window holds the batches of steps and takes their results
   * @param graphs captures steps to launch them as one; null queues each part of each step, as it
   *     was recorded
   */
  TrainingStep(
      TrainConfig config,
      KernelLibrary library,
      OpSet ops,
      Parameters parameters,
      StepWindow window,
      @Nullable Graphs graphs,
      Stream stream) {
    this.window = window;
    this.graphs = graphs;
    this.parameters = parameters;
    passes = config.accumulation();
    stateWords = arena.tensor(StepState.DTYPE, StepState.SHAPE);
    arena.allocate(library.device());
    state = new StepState(library, stateWords);
    state.reset(stream);
    weight = new LossWeight(config, ops, state, stream);
    model =
        config
            .model()
            .create(
                ops,
                parameters,
                config.batch(),
                config.modelUse(),
                config.compute().headMemory(),
                stream);
    dropoutSeed = CounterRandom.of(config.seed()).child("dropout").bits(0);
    model.resetDropout(stream, dropoutSeed, 0);
    clipper =
        new GradientClipper(
            library,
            parameters,
            config.optimizer().clipNorm(),
            config.optimizer().clipValue(),
            stream);
    optimizer = config.optimizer().create(library, parameters, stream);
  }

  /**
   * Queues a step; waits for nothing but what a probe waits for.
   *
   * @param place where the window has the step's batches
   * @param probe looks at the step's tensors as they come; null where nobody does
   */
  void queue(Stream stream, int place, double learningRate, @Nullable HealthProbe probe) {
    int slot = (int) (queued % StepInputs.SLOTS);
    window.inputs().send(stream, place, slot, (float) learningRate);
    // The first step loads the kernels, which no graph can; into what was recorded nobody can look.
    if (queued == 0 || probe != null) {
      queueParts(stream, slot, probe);
    } else if (graphs != null) {
      stream.launch(graph(graphs, slot));
    } else {
      recorded(slot).queue(stream);
    }
    window.inputs().release(stream, slot);
    queued++;
  }

  /** A step nobody looks at. */
  void queue(Stream stream, int place, double learningRate) {
    queue(stream, place, learningRate, null);
  }

  /** Computes the activations of a place's batches once more, with the weights as they are now. */
  void watch(Stream stream, int place, ActivationWatch watch) {
    for (int pass = 0; pass < passes; pass++) {
      upload(stream, model, window.batch(place, pass));
      model.forward(stream, watch);
    }
  }

  private Graph graph(Graphs graphs, int slot) {
    Graph graph = captured[slot];
    if (graph == null) {
      graph = graphs.capture(stream -> queueParts(stream, slot, null));
      captured[slot] = graph;
    }
    return graph;
  }

  private RecordedWork recorded(int slot) {
    RecordedWork work = recorded[slot];
    if (work == null) {
      work = RecordedWork.of(stream -> queueParts(stream, slot, null));
      recorded[slot] = work;
    }
    return work;
  }

  /** All that a step does; the same for every step but for what lies in memory. */
  private void queueParts(Stream stream, int slot, @Nullable HealthProbe probe) {
    StepInputs inputs = window.inputs();
    if (probe != null) {
      probe.begin(stream);
    }
    parameters.clearGradients(stream);
    weight.prepare(stream);
    for (int pass = 0; pass < passes; pass++) {
      inputs.take(stream, slot, pass, model);
      model.forward(stream, probe == null ? ActivationWatch.NONE : probe);
      model.loss(stream, weight.upstream());
      model.meanLoss(stream, window.loss(pass));
      model.backward(stream);
    }
    if (probe != null) {
      probe.gradients(stream);
    }
    state.takeLearningRate(stream, inputs.learningRate(slot));
    clipper.measure(stream, state);
    optimizer.step(stream, state);
    if (probe != null) {
      probe.end(stream);
    }
    window.keep(stream, stateWords); // with the scale the step went by
    weight.update(stream);
  }

  /** Queues a batch's way to the device. */
  static void upload(Stream stream, Model model, Batch batch) {
    stream.copyToDevice(model.input().buffer(), model.input().byteOffset(), batch.inputs());
    stream.copyToDevice(model.targets().buffer(), model.targets().byteOffset(), batch.targets());
  }

  /** Everything a checkpoint after {@code step} steps holds; waits for the stream. */
  Checkpoint checkpoint(Stream stream, TrainConfig config, int step, Patience patience) {
    StepState.Values values = state.read(stream);
    Map<String, Map<String, float[]>> moments = new LinkedHashMap<>();
    for (String moment : optimizer.moments()) {
      moments.put(moment, optimizer.read(stream, moment));
    }
    float lossScale = config.scalesLoss() ? values.lossScale() : 0;
    return new Checkpoint(
        new Checkpoint.Counters(
            step,
            values.skipped(),
            lossScale,
            values.goodSteps(),
            model.dropoutOffset(stream),
            patience.best(),
            patience.sinceBest()),
        config.describe(),
        parameters.read(stream),
        moments);
  }

  /** Goes on from a checkpoint; waits for the stream. */
  void restore(Stream stream, Checkpoint checkpoint) {
    parameters.load(stream, checkpoint.weights());
    optimizer.load(stream, checkpoint.moments());
    Checkpoint.Counters counters = checkpoint.counters();
    state.setSteps(stream, counters.step() - counters.skipped(), counters.skipped());
    weight.restore(stream, counters);
    model.resetDropout(stream, dropoutSeed, counters.dropoutOffset());
  }

  /** Bytes of all activations of a pass. */
  long activationBytes() {
    return model.activationBytes();
  }

  @Override
  public void close() {
    for (Graph graph : captured) {
      if (graph != null) {
        graph.close();
      }
    }
    optimizer.close();
    clipper.close();
    model.close();
    weight.close();
    arena.close();
  }
}
