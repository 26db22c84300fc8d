package dev.lockstep.train;

import dev.lockstep.device.Device;
import dev.lockstep.device.OnGpu;
import dev.lockstep.device.TestDevices;

@OnGpu
class ClassifyOnGpuTests extends ClassifyTests {
  @Override
  Device open(int workers) {
    return TestDevices.gpu();
  }
}
