package dev.lockstep.nn;

import dev.lockstep.device.Device;
import dev.lockstep.device.TestDevices;

class FeedForwardGoldenOnSimulatorTests extends FeedForwardGoldenTests {
  @Override
  Device open() {
    return TestDevices.simulator();
  }
}
