package dev.lockstep.ops;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;

/** The simulator, for the subclasses of {@link OpTests} that run there. */
final class SimulatedDevices {
  private SimulatedDevices() {}

  static Device open(int workers) {
    return Devices.open("sim", DeviceOptions.defaults().withThreads(workers).withSanitize(true))
        .device();
  }
}
