package dev.lockstep.device;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;

/** Opens the device that a test's subclass stands for. */
public final class TestDevices {
  private TestDevices() {}

  /** The simulator, with a worker for each core. */
  public static Device simulator() {
    return simulator(0);
  }

  /** The simulator with that many workers; 0 takes one for each core. */
  public static Device simulator(int workers) {
    return Devices.open("sim", DeviceOptions.defaults().withThreads(workers).withSanitize(true))
        .device();
  }

  /** A real GPU. Its test is {@link OnGpu}, and so never comes here without one. */
  public static Device gpu() {
    ConditionEvaluationResult answer = OnGpu.Gpu.answer();
    assumeFalse(answer.isDisabled(), () -> answer.getReason().orElse(""));
    return gpuProvider().open(DeviceOptions.defaults());
  }

  static DeviceProvider gpuProvider() {
    return Devices.providers().stream()
        .filter(provider -> provider.name().equals("cuda"))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no provider is named cuda"));
  }
}
