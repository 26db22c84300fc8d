package dev.lockstep.nn;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;

class FeedForwardGoldenOnSimulatorTests extends FeedForwardGoldenTests {
  @Override
  Device open() {
    return Devices.open("sim", DeviceOptions.defaults()).device();
  }
}
