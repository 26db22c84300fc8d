package dev.lockstep.nn;

import dev.lockstep.device.Device;
import dev.lockstep.device.TestDevices;

class ClassifierOnSimulatorTests extends ClassifierTests {
  @Override
  Device open() {
    return TestDevices.simulator();
  }
}
