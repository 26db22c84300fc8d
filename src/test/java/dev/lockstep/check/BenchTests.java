package dev.lockstep.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceInfo;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.ForwardingDevice;
import dev.lockstep.device.Stream;
import org.junit.jupiter.api.Test;

class BenchTests {
  @Test
  void anOpThatFailsLeavesNoStreamOpen() {
    try (Device device = Devices.open("sim", DeviceOptions.defaults()).device()) {
      Silent silent = new Silent(device);
      assertThatThrownBy(() -> new Bench(silent)).isInstanceOf(DeviceException.class);
      assertThat(silent.streams).isZero();
    }
  }

  /** Does not say what it is, which the cross-entropy asks. */
  private static final class Silent extends ForwardingDevice {
    private int streams;

    Silent(Device device) {
      super(device);
    }

    @Override
    public DeviceInfo info() {
      throw new DeviceException("cuDeviceGetAttribute", 999, "unknown");
    }

    @Override
    public Stream newStream() {
      streams++;
      return super.newStream();
    }
  }
}
