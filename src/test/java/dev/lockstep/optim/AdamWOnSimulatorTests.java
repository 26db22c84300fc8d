package dev.lockstep.optim;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;

class AdamWOnSimulatorTests extends AdamWTests {
  @Override
  Device open() {
    return Devices.open("sim", DeviceOptions.defaults()).device();
  }
}
