package dev.lockstep.train;

import dev.lockstep.device.Device;
import dev.lockstep.device.TestDevices;

class ClassifyOnSimulatorTests extends ClassifyTests {
  @Override
  Device open(int workers) {
    return TestDevices.simulator(workers);
  }
}
