package dev.lockstep.train;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;

class TrainerOnSimulatorTests extends TrainerTests {
  @Override
  Device open(int workers) {
    return Devices.open("sim", new DeviceOptions(workers, 0)).device();
  }
}
