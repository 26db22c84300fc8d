package dev.lockstep.optim;

import dev.lockstep.device.Device;
import dev.lockstep.device.TestDevices;

class SgdOnSimulatorTests extends SgdTests {
  @Override
  Device open() {
    return TestDevices.simulator();
  }
}
