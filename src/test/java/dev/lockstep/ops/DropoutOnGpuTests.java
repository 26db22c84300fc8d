package dev.lockstep.ops;

import dev.lockstep.device.Device;
import dev.lockstep.device.OnGpu;
import dev.lockstep.device.TestDevices;

@OnGpu
class DropoutOnGpuTests extends DropoutTests {
  @Override
  Device open(int workers) {
    return TestDevices.gpu();
  }
}
