package dev.lockstep.train;

import dev.lockstep.device.Device;
import dev.lockstep.device.OnGpu;
import dev.lockstep.device.TestDevices;

@OnGpu
class HealthOnGpuTests extends HealthTests {
  @Override
  Device open() {
    return TestDevices.gpu();
  }
}
