package dev.lockstep.ops;

import dev.lockstep.device.Device;
import dev.lockstep.device.OnGpu;
import dev.lockstep.device.TestDevices;

@OnGpu
class OptimizerOnGpuTests extends OptimizerTests {
  @Override
  Device open(int workers) {
    return TestDevices.gpu();
  }
}
