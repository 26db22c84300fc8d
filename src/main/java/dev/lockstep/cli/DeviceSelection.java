package dev.lockstep.cli;

import dev.lockstep.device.Approximation;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceInfo;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.MatrixMode;
import dev.lockstep.device.Schedule;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that choose a device; mixed into every command that runs kernels. */
final class DeviceSelection {
  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "cuda, sim, or auto (default): a GPU if one works, the simulator otherwise")
  private String name = Devices.AUTO;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "worker threads of the simulator; never changes a result (default: one per core)")
  private int threads;

  @Option(
      names = "--gpu",
      paramLabel = "NAME",
      description =
          "the GPU the simulator models; it runs PTX for that or an older one (default: "
              + DeviceOptions.DEFAULT_GPU
              + ", which then runs all)")
  private @Nullable String gpu;

  @Option(
      names = "--sanitize",
      paramLabel = "on|off",
      description =
          "look for races, uninitialised values and other mistakes a GPU would not report (default:"
              + " off)")
  private @Nullable String sanitize;

  @Option(
      names = "--schedule",
      paramLabel = "ORDER",
      description =
          "in which order warps take turns: in-order (default), or random:SEED to shake out missing"
              + " barriers")
  private @Nullable String schedule;

  @Option(
      names = "--approx",
      paramLabel = "MODE",
      description =
          "what approximate instructions return: exact (default), or perturbed:SEED, off by up to"
              + " the documented error")
  private @Nullable String approximation;

  @Option(
      names = "--mma",
      paramLabel = "MODE",
      description = "how tensor cores add up: fast (default), or as sm_80 or sm_90 is modelled")
  private @Nullable String matrixMode;

  @Option(
      names = "--step-limit",
      paramLabel = "N",
      description =
          "instructions a warp of the simulator may execute before its kernel counts as endless"
              + " (default: 1000000000)")
  private @Nullable Long stepLimit;

  /** Which device was taken, and why, in one line. */
  static String line(Devices.Choice choice) {
    DeviceInfo info = choice.device().info();
    return "device   %s: %s (%s)".formatted(info.provider(), info.name(), choice.reason());
  }

  /** What {@code --device} says. */
  String name() {
    return name;
  }

  /** What {@code --sanitize} says, if it was given. */
  Optional<Boolean> sanitize() {
    return Optional.ofNullable(sanitize).map(DeviceSelection::onOrOff);
  }

  /**
   * How the device is to run.
   *
   * @throws UserError for a value an option does not have
   */
  DeviceOptions options() {
    UserError.requireAtLeast("--threads", threads, 0);
    UserError.requireAtMost("--threads", threads, DeviceOptions.MOST_THREADS);
    DeviceOptions options =
        DeviceOptions.defaults().withThreads(threads).withSanitize(sanitize().orElse(false));
    if (gpu != null) {
      options = options.withGpu(gpu);
    }
    if (schedule != null) {
      options = options.withSchedule(UserError.parsing("--schedule", schedule, Schedule::parse));
    }
    if (approximation != null) {
      options =
          options.withApproximation(
              UserError.parsing("--approx", approximation, Approximation::parse));
    }
    if (matrixMode != null) {
      options = options.withMatrixMode(UserError.parsing("--mma", matrixMode, MatrixMode::parse));
    }
    if (stepLimit != null) {
      UserError.requireAtLeast("--step-limit", stepLimit, 1);
      options = options.withStepLimit(stepLimit);
    }
    return options;
  }

  /**
   * Opens the chosen device.
   *
   * @throws UserError for a name nobody answers to, a device that cannot run here, or an option it
   *     does not have
   */
  Devices.Choice open() {
    return open(name, options());
  }

  /** Opens the chosen device, or this one where the choice was left open. */
  Devices.Choice openOr(String preferred) {
    return open(name.equals(Devices.AUTO) ? preferred : name, options());
  }

  /**
   * Opens a device.
   *
   * @throws UserError when there is none of that name, or it does not work
   */
  static Devices.Choice open(String device, DeviceOptions options) {
    try {
      return UserError.judging(() -> Devices.open(device, options));
    } catch (DeviceException e) {
      String advice = device.equals(Devices.AUTO) ? "" : "; --device auto takes what there is";
      throw new UserError(e.getMessage() + advice, e);
    }
  }

  private static boolean onOrOff(String word) {
    return switch (word) {
      case "on" -> true;
      case "off" -> false;
      default -> throw new UserError("--sanitize " + word + " must be on or off");
    };
  }
}
