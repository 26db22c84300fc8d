package dev.lockstep.nn;

import dev.lockstep.device.Device;
import dev.lockstep.device.OnGpu;
import dev.lockstep.device.TestDevices;

@OnGpu
class ClassifierOnGpuTests extends ClassifierTests {
  @Override
  Device open() {
    return TestDevices.gpu();
  }
}
