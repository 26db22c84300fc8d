package dev.lockstep.train;

import dev.lockstep.device.DeviceException;
import dev.lockstep.device.Devices;
import dev.lockstep.device.Graphs;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.OpSet;
import dev.lockstep.nn.Parameters;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.StepState;
import dev.lockstep.optim.LearningRateSchedule;
import dev.lockstep.train.health.StepHealth;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
  private final @Nullable Checkpoint resumed;
  private int done;
  private @Nullable Path lastCheckpoint;
  private int lastCheckpointStep;
  private volatile boolean stopRequested;

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
    lastCheckpoint = config.run().resume();
    resumed =
        config.run().resume() == null
            ? null
            : Checkpoint.read(config.run().resume(), config.model());
    if (resumed != null
        && !resumed.moments().keySet().equals(Set.copyOf(config.optimizer().moments()))) {
      throw new IllegalArgumentException(
          "checkpoint %s is of a run with optimizer %s and momentum %s, here they are %s and %s"
              .formatted(
                  config.run().resume(),
                  resumed.knobs().getOrDefault("optimizer", "adamw"),
                  resumed.knobs().getOrDefault("momentum", "0.0"),
                  config.optimizer().kind().label(),
                  config.optimizer().momentum()));
    }
    lastCheckpointStep = resumed == null ? 0 : resumed.step();
    if (resumed != null && resumed.step() >= config.steps()) {
      throw new IllegalArgumentException(
          "checkpoint %s is of step %d already; steps must be more than %d, not %d"
              .formatted(config.run().resume(), resumed.step(), resumed.step(), config.steps()));
    }
  }

  /**
   * Asks a run to end after the step under way, with its checkpoint; from any thread. Validation
   * and sample are left out.
   */
  public void requestStop() {
    stopRequested = true;
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
      throw new TrainingFailedException(e, config.task(), done, lastCheckpoint, lastCheckpointStep);
    }
  }

  private TrainSummary train() {
    try (MetricsLog log = MetricsLog.open(files.log(), resumed != null);
        KernelLibrary library = new KernelLibrary(device.device());
        Stream queue = device.device().newStream();
        Stream stream = observe.apply(queue);
        Parameters parameters =
            new Parameters(library, config.model().specs(), config.precision().dtype())) {
      OpSet ops = OpSet.of(library, config.precision().products(), config.matmul());
      ops.prepare(stream);
      log.config(config);
      List<Double> losses = new ArrayList<>();
      double seconds;
      @Nullable Validation validation;
      @Nullable BestCheckpoint best;
      Stream copies = observe.apply(device.device().newStream());
      try (StepWindow window = new StepWindow(device.device(), config, copies);
          TrainingStep step =
              new TrainingStep(config, library, ops, parameters, window, graphs(), stream)) {
        Run run = new Run(step, window, stream, ops, log, parameters, losses);
        run.start();
        run.all();
        seconds = run.seconds;
        best = run.best;
        validation = run.lastValidated == done ? run.validation : null;
      }
      String sample = "";
      boolean interrupted = stopRequested && done < config.steps();
      if (interrupted) {
        validation = Validation.none(config.task());
      } else {
        validation = validation == null ? validate(ops, parameters, stream) : validation;
        log.validation(validation);
        sample = task.sample(ops, parameters, stream);
      }
      return new TrainSummary(
          device.device().info().provider(),
          device.device().info().name(),
          device.reason(),
          parameters.count(),
          config.model().flopsPerStep(config.rowsPerStep()),
          done,
          interrupted,
          config.seed(),
          List.copyOf(losses),
          validation,
          task.baselines(),
          losses.isEmpty() ? Double.NaN : seconds / losses.size(),
          sample,
          files.checkpoint().toString(),
          best,
          files.log().toString(),
          config.describe());
    }
  }

  private @Nullable Graphs graphs() {
    return config.compute().graph() ? device.device().capability(Graphs.class).orElse(null) : null;
  }

  private Validation validate(OpSet ops, Parameters parameters, Stream stream) {
    return new Evaluator(config, task, ops, parameters).validate(stream, listener);
  }

  /** The steps of one run. */
  private final class Run {
    private final TrainingStep step;
    private final StepWindow window;
    private final Stream stream;
    private final OpSet ops;
    private final MetricsLog log;
    private final RunHealth health;
    private final Patience patience = new Patience(config.run().patience());
    private final Parameters parameters;
    private final List<Double> losses;
    private final LearningRateSchedule schedule = config.schedule();
    private double seconds;
    private @Nullable Validation validation;
    private int lastValidated = -1;
    private @Nullable BestCheckpoint best;

    Run(
        TrainingStep step,
        StepWindow window,
        Stream stream,
        OpSet ops,
        MetricsLog log,
        Parameters parameters,
        List<Double> losses) {
      this.step = step;
      this.window = window;
      this.stream = stream;
      this.ops = ops;
      this.log = log;
      this.parameters = parameters;
      this.losses = losses;
      this.health = new RunHealth(config, parameters);
    }

    void start() {
      best = BestCheckpoint.at(files, config, resumed);
      if (resumed == null) {
        parameters.initialize(stream, config.seed());
      } else {
        step.restore(stream, resumed);
        done = resumed.step();
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
              done));
    }

    /** All steps and the last checkpoint, which is tried for when the log cannot be written. */
    void all() {
      try {
        steps();
      } catch (UncheckedIOException e) {
        try {
          writeCheckpoint();
        } catch (UncheckedIOException again) {
          e.addSuppressed(again);
        }
        throw e;
      }
      writeCheckpoint();
    }

    private void steps() {
      while (done < config.steps() && !stopRequested && !patience.exhausted()) {
        long begin = System.nanoTime();
        int count = queueUntil(endOfWindow());
        List<StepWindow.Outcome> outcomes = window.read(stream, count);
        double elapsed = (System.nanoTime() - begin) * 1e-9;
        seconds += elapsed;
        report(outcomes, elapsed);
        if (at(config.run().validateEvery()) || validatesAtEnd()) {
          validate();
        }
        if (at(config.run().checkpointEvery())) {
          writeCheckpoint();
        }
      }
    }

    /** Whether something that happens every so many steps happens now. */
    private boolean at(int every) {
      return every > 0 && done % every == 0;
    }

    /** The last validation is one of those among which the best is looked for. */
    private boolean validatesAtEnd() {
      return config.run().validateEvery() > 0 && done == config.steps();
    }

    private void validate() {
      Validation found = Trainer.this.validate(ops, parameters, stream);
      validation = found;
      lastValidated = done;
      log.validation(done, found);
      boolean better = patience.take(found);
      listener.validated(done, found, better);
      if (better) {
        step.checkpoint(stream, config, done, patience).replace(files.best(), config.model());
        best = new BestCheckpoint(files.best().toString(), done, found.score());
      }
      if (patience.exhausted() && done < config.steps()) {
        listener.stoppedEarly(done, patience.sinceBest(), patience.best());
      }
    }

    /** The next step after which something has to be known on the host. */
    private int endOfWindow() {
      int end = Math.min(config.steps(), done + window.size());
      for (int every :
          new int[] {
            config.run().logEvery(),
            config.run().checkpointEvery(),
            config.run().validateEvery(),
            config.run().healthEvery()
          }) {
        end = every == 0 ? end : Math.min(end, (done / every + 1) * every);
      }
      return losses.isEmpty() ? done + 1 : end;
    }

    private int queueUntil(int end) {
      int first = done;
      while (done < end && (done == first || !stopRequested)) {
        int place = done - first;
        for (int pass = 0; pass < config.accumulation(); pass++) {
          task.fill(window.batch(place, pass), done, pass * config.batch());
        }
        step.queue(stream, place, schedule.at(done), health.probe(done + 1, losses.isEmpty()));
        done++;
        listener.stepQueued(done);
      }
      return done - first;
    }

    private void report(List<StepWindow.Outcome> outcomes, double elapsed) {
      double rowsPerSecond = (double) outcomes.size() * config.rowsPerStep() / elapsed;
      int first = done - outcomes.size() + 1;
      for (int place = 0; place < outcomes.size(); place++) {
        int number = first + place;
        StepState.Values state = outcomes.get(place).state();
        Optional<StepHealth> seen = health.take(number, state);
        StepMetrics metrics = metrics(number, outcomes.get(place), rowsPerSecond, seen);
        losses.add(metrics.loss());
        log.step(metrics);
        seen.ifPresent(this::tell);
        if (!Double.isFinite(metrics.loss())) {
          log.flush();
          throw diverged(metrics, outcomes, place, seen);
        }
        if (metrics.skipped()) {
          listener.skipped(metrics);
        }
        if (losses.size() == 1
            || number % config.run().logEvery() == 0
            || number == config.steps()) {
          listener.logged(metrics);
        }
      }
      log.flush();
    }

    private void tell(StepHealth seen) {
      log.health(seen);
      seen.warnings().forEach(warning -> listener.warned(seen.step(), warning));
    }

    private StepMetrics metrics(
        int number, StepWindow.Outcome outcome, double rowsPerSecond, Optional<StepHealth> seen) {
      StepState.Values state = outcome.state();
      String nonFinite =
          state.nonFinite() == 0 ? null : FirstNonFinite.gradient(parameters, state.nonFinite());
      return new StepMetrics(
          number,
          outcome.loss(),
          state.norm(),
          state.learningRate(),
          rowsPerSecond,
          state.skip(),
          state.skipped(),
          nonFinite == null ? null : first(seen).orElse(nonFinite),
          state.lossScale());
    }

    private static Optional<String> first(Optional<StepHealth> seen) {
      return seen.flatMap(StepHealth::firstNonFinite).map(StepHealth.NonFinite::toString);
    }

    private TrainingDivergedException diverged(
        StepMetrics metrics,
        List<StepWindow.Outcome> outcomes,
        int place,
        Optional<StepHealth> seen) {
      return new TrainingDivergedException(
          metrics.step(),
          metrics.loss(),
          new FirstNonFinite(parameters, step, health).find(stream, outcomes, place, seen),
          lastCheckpoint,
          lastCheckpointStep);
    }

    void writeCheckpoint() {
      if (lastCheckpointStep == done && files.checkpoint().equals(lastCheckpoint)) {
        return;
      }
      step.checkpoint(stream, config, done, patience).write(files.checkpoint(), config.model());
      lastCheckpoint = files.checkpoint();
      lastCheckpointStep = done;
      listener.checkpointWritten(files.checkpoint(), done);
    }
  }
}
