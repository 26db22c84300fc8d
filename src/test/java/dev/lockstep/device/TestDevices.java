package dev.lockstep.device;

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

  /** A real GPU, which there is: its test is {@link OnGpu}. */
  public static Device gpu() {
    return gpuProvider().open(DeviceOptions.defaults());
  }

  static DeviceProvider gpuProvider() {
    return Devices.providers().stream()
        .filter(provider -> provider.name().equals("cuda"))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no provider is named cuda"));
  }
}
