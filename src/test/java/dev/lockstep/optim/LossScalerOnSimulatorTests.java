package dev.lockstep.optim;

import dev.lockstep.device.Device;
import dev.lockstep.device.TestDevices;

class LossScalerOnSimulatorTests extends LossScalerTests {
  @Override
  Device open() {
    return TestDevices.simulator();
  }
}
