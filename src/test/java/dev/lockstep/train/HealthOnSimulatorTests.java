package dev.lockstep.train;

import dev.lockstep.device.Device;
import dev.lockstep.device.TestDevices;

class HealthOnSimulatorTests extends HealthTests {
  @Override
  Device open() {
    return TestDevices.simulator();
  }
}
