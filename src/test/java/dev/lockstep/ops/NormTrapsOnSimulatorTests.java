package dev.lockstep.ops;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;

class NormTrapsOnSimulatorTests extends NormTrapTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }

  @Override
  Device openUnwatched() {
    return Devices.open("sim", DeviceOptions.defaults().withThreads(1)).device();
  }
}
