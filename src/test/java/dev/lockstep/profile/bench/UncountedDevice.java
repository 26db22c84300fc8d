package dev.lockstep.profile.bench;

import dev.lockstep.device.DeviceInfo;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.ForwardingDevice;
import java.util.Optional;

/** The simulator as a GPU looks from outside: it runs kernels and offers nothing beyond that. */
final class UncountedDevice extends ForwardingDevice {
  private final DeviceInfo info;

  UncountedDevice(DeviceInfo info) {
    super(Devices.open("sim", DeviceOptions.defaults()).device());
    this.info = info;
  }

  @Override
  public DeviceInfo info() {
    return info;
  }

  @Override
  public <T> Optional<T> capability(Class<T> type) {
    return Optional.empty();
  }
}
