package dev.lockstep.train;

import dev.lockstep.device.DeviceException;
import dev.lockstep.device.Devices;
import dev.lockstep.device.Graphs;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.OpSet;
import dev.lockstep.nn.Parameters;
import dev.lockstep.ops.KernelLibrary;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Trains a model for a {@link Task}: steps, reports, checkpoints, then validation and, on text, a
 * sample.
 *
 * <pre>{@code
 * try (Device device = choice.device()) {
 *   Trainer trainer = new Trainer(config, choice, listener);
 *   TrainSummary summary = trainer.run();
 * }
 * }</pre>
 *
 * <p>The host waits for the device at reports and checkpoints only. The same seed gives the same
 * losses, bit for bit, on the same device.
 */
public final class Trainer {
  private final TrainConfig config;
  private final Devices.Choice device;
  private final TrainListener listener;
  private final UnaryOperator<Stream> observe;
  private final Task task;
  private final OutputFolder files;
  private final RunCheckpoints checkpoints;
  private final Progress progress = new Progress();

  /** A run whose stream nobody watches. */
  public Trainer(TrainConfig config, Devices.Choice device, TrainListener listener) {
    this(config, device, listener, UnaryOperator.identity());
  }

  /**
   * Reads the data and the checkpoint to go on from, and makes sure that the results can be
   * written: what is wrong with them is found here, before the first step.
   *
   * @param device stays the caller's to close
   * @param observe wraps the stream all work goes through, for example to time it
   * @throws IllegalArgumentException in one line for people
   */
  public Trainer(
      TrainConfig config,
      Devices.Choice device,
      TrainListener listener,
      UnaryOperator<Stream> observe) {
    this.config = config;
    this.device = device;
    this.listener = listener;
    this.observe = observe;
    config.matmul().require(device.device());
    task = Task.of(config);
    files = OutputFolder.prepare(config);
    checkpoints = new RunCheckpoints(config, files, listener);
  }

  /**
   * Asks a run to end after the step under way, with its checkpoint; from any thread. Validation
   * and sample are left out.
   */
  public void requestStop() {
    progress.requestStop();
  }

  /**
   * Trains.
   *
   * @throws TrainingDivergedException when a loss is not finite
   * @throws TrainingFailedException when the device fails
   * @throws RunFileException when checkpoint or log cannot be written any more
   */
  public TrainSummary run() {
    try {
      return train();
    } catch (DeviceException e) {
      throw new TrainingFailedException(e, config.task(), progress.steps(), checkpoints);
    } catch (MetricsLog.FailedException e) {
      throw new RunFileException(e, checkpoints);
    }
  }

  private TrainSummary train() {
    try (MetricsLog log = MetricsLog.open(files.log(), checkpoints.resumed() != null);
        KernelLibrary library = new KernelLibrary(device.device());
        Stream queue = device.device().newStream();
        Stream stream = observe.apply(queue);
        Parameters parameters =
            new Parameters(library, config.model().specs(), config.precision().dtype())) {
      if (log.cut() > 0) {
        listener.logCut(files.log(), log.cut());
      }
      OpSet ops = OpSet.of(library, config.precision().products(), config.matmul());
      ops.prepare(stream);
      log.config(config);
      Validations validations =
          new Validations(config, new Evaluator(config, task, ops, parameters), log, listener);
      Stream copies = observe.apply(device.device().newStream());
      try (StepWindow window = new StepWindow(device.device(), config, copies);
          TrainingStep step =
              new TrainingStep(config, library, ops, parameters, window, graphs(), stream)) {
        begin(stream, step, parameters, validations.patience());
        StepReports reports =
            new StepReports(config, listener, log, progress, checkpoints, step, parameters);
        new TrainingLoop(
                config, task, listener, progress, checkpoints, step, window, reports, validations)
            .run(stream);
      }
      boolean interrupted = progress.stopRequested() && progress.steps() < config.steps();
      return summary(
          parameters.count(),
          interrupted,
          interrupted ? Validation.none(config.task()) : validations.last(stream, progress.steps()),
          interrupted ? "" : task.sample(ops, parameters, stream));
    }
  }

  private @Nullable Graphs graphs() {
    return config.compute().graph() ? device.device().capability(Graphs.class).orElse(null) : null;
  }

  /** Puts model and counters where the run starts from. */
  private void begin(Stream stream, TrainingStep step, Parameters parameters, Patience patience) {
    checkpoints.begin();
    Checkpoint resumed = checkpoints.resumed();
    if (resumed == null) {
      parameters.initialize(stream, config.seed());
    } else {
      step.restore(stream, resumed);
      progress.goOnAfter(resumed.step());
      patience.restore(resumed.counters());
    }
    listener.started(
        new RunInfo(
            config,
            device.device().info(),
            device.reason(),
            parameters.count(),
            config.model().flopsPerStep(config.rowsPerStep()),
            config.compute().recompute()
                ? config.model().recomputedFlopsPerStep(config.rowsPerStep())
                : 0,
            step.activationBytes(),
            task.source(),
            task.trainingSize(),
            task.heldOutSize(),
            progress.steps()));
  }

  private TrainSummary summary(
      long parameters, boolean interrupted, Validation validation, String sample) {
    return new TrainSummary(
        device.device().info().provider(),
        device.device().info().name(),
        device.reason(),
        parameters,
        config.model().flopsPerStep(config.rowsPerStep()),
        progress.steps(),
        interrupted,
        config.seed(),
        progress.losses(),
        validation,
        task.baselines(),
        progress.secondsPerStep(),
        sample,
        files.checkpoint().toString(),
        checkpoints.best(),
        files.log().toString(),
        config.describe());
  }
}
