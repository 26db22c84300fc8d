package dev.lockstep.device;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

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

  /** A real GPU; where there is none the test is skipped, with the reason. */
  public static Device gpu() {
    for (DeviceProvider provider : Devices.providers()) {
      if (provider.name().equals("cuda")) {
        DeviceProvider.Availability answer = provider.availability();
        assumeTrue(answer.available(), answer.reason());
        return provider.open(DeviceOptions.defaults());
      }
    }
    throw new IllegalStateException("no provider is named cuda");
  }
}
