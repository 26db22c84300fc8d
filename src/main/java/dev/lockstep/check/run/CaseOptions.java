package dev.lockstep.check.run;

import dev.lockstep.device.Approximation;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.MatrixMode;
import dev.lockstep.device.Schedule;
import java.util.Optional;

/**
 * What a case asks of its device; what it leaves empty, the suite's or the caller's options say.
 */
public record CaseOptions(
    Optional<Boolean> sanitize,
    Optional<String> gpu,
    Optional<Schedule> schedule,
    Optional<Approximation> approximation,
    Optional<MatrixMode> matrixMode,
    Optional<Long> stepLimit) {
  /** Nothing in particular. */
  public static final CaseOptions NONE =
      new CaseOptions(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  /** These, and where they are empty those. */
  CaseOptions or(CaseOptions others) {
    return new CaseOptions(
        sanitize.or(others::sanitize),
        gpu.or(others::gpu),
        schedule.or(others::schedule),
        approximation.or(others::approximation),
        matrixMode.or(others::matrixMode),
        stepLimit.or(others::stepLimit));
  }

  /** The options with what is asked for here. */
  DeviceOptions applyTo(DeviceOptions base) {
    DeviceOptions options = base;
    options = sanitize.isPresent() ? options.withSanitize(sanitize.get()) : options;
    options = gpu.isPresent() ? options.withGpu(gpu.get()) : options;
    options = schedule.isPresent() ? options.withSchedule(schedule.get()) : options;
    options = approximation.isPresent() ? options.withApproximation(approximation.get()) : options;
    options = matrixMode.isPresent() ? options.withMatrixMode(matrixMode.get()) : options;
    return stepLimit.isPresent() ? options.withStepLimit(stepLimit.get()) : options;
  }
}
