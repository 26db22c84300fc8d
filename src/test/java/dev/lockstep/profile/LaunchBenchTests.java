package dev.lockstep.profile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import org.junit.jupiter.api.Test;

class LaunchBenchTests {
  @Test
  void measuresOnADeviceWithoutGraphs() {
    try (Device device = Devices.open("sim", DeviceOptions.defaults()).device()) {
      LaunchBench.Result result = LaunchBench.measure(device);
      assertThat(result.queued()).isPositive().isLessThan(1e-2);
      assertThat(result.awaited()).isPositive().isLessThan(1e-2);
      assertThat(result.heapBytes()).isNotNegative();
      assertThat(result.replayed()).isEmpty();
    }
  }
}
