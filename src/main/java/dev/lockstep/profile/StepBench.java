package dev.lockstep.profile;

import dev.lockstep.device.Devices;
import dev.lockstep.device.Stream;
import dev.lockstep.train.StepMetrics;
import dev.lockstep.train.TrainConfig;
import dev.lockstep.train.TrainListener;
import dev.lockstep.train.Trainer;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Says where the time of a training step goes: what the Java side itself takes, and each kernel.
 * Two runs of the same configuration, the first undisturbed, the second waiting after every kernel.
 */
public final class StepBench {
  private StepBench() {}

  /**
   * What came out.
   *
   * @param steps measured in each run, after as many to warm up
   * @param parts of the undisturbed run, all its steps together
   * @param kernels of the other
   */
  public record Result(int steps, List<StepAccount.Part> parts, List<StepProfile.Row> kernels) {
    /** Wall time of a step of the undisturbed run. */
    public double secondsPerStep() {
      return parts.stream().mapToDouble(StepAccount.Part::seconds).sum() / steps;
    }

    /** Of a step, one kind of call. */
    public double secondsPerStep(StepAccount.Part part) {
      return part.seconds() / steps;
    }
  }

  /**
   * Measures.
   *
   * @param undisturbed a run of {@code 2 · steps + 1} steps with a report every {@code steps}
   * @param waiting the same, in another folder and without a graph, so that it shows each kernel
   */
  public static Result measure(
      TrainConfig undisturbed, TrainConfig waiting, int steps, Devices.Choice device) {
    StepAccount account = new StepAccount();
    List<StepAccount.Part> parts =
        new Measured<>(steps, account::begin, account::parts)
            .run(undisturbed, device, account::watch);
    StepProfile profile = new StepProfile();
    List<StepProfile.Row> kernels =
        new Measured<>(steps, profile::reset, profile::rows).run(waiting, device, profile::watch);
    return new Result(steps, parts, kernels);
  }

  /** A run that is measured from its first report to its second, and then ends. */
  private static final class Measured<T> implements TrainListener {
    private final int steps;
    private final Runnable begin;
    private final Supplier<List<T>> end;
    private List<T> result = List.of();
    private @Nullable Trainer trainer;

    Measured(int steps, Runnable begin, Supplier<List<T>> end) {
      this.steps = steps;
      this.begin = begin;
      this.end = end;
    }

    List<T> run(TrainConfig config, Devices.Choice device, UnaryOperator<Stream> observe) {
      Trainer made = new Trainer(config, device, this, observe);
      trainer = made;
      made.run();
      return result;
    }

    @Override
    public void logged(StepMetrics metrics) {
      if (metrics.step() == 2 * steps) {
        result = end.get();
        Objects.requireNonNull(trainer, "set before it runs").requestStop();
      } else if (metrics.step() == steps) {
        begin.run();
      }
    }
  }
}
