package dev.lockstep.nn;

import dev.lockstep.device.Device;
import dev.lockstep.device.TestDevices;

class LanguageModelOnSimulatorTests extends LanguageModelTests {
  @Override
  Device open() {
    return TestDevices.simulator();
  }
}
