package dev.lockstep.optim;

import dev.lockstep.device.Device;
import dev.lockstep.device.TestDevices;

class AdamWOnSimulatorTests extends AdamWTests {
  @Override
  Device open() {
    return TestDevices.simulator();
  }
}
