package dev.lockstep.ops;

import dev.lockstep.device.Device;
import dev.lockstep.device.OnGpu;
import dev.lockstep.device.TestDevices;

@OnGpu
class GlobalNormOnGpuTests extends GlobalNormTests {
  @Override
  Device open(int workers) {
    return TestDevices.gpu();
  }
}
