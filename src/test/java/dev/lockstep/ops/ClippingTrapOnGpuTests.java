package dev.lockstep.ops;

import dev.lockstep.device.Device;
import dev.lockstep.device.OnGpu;
import dev.lockstep.device.TestDevices;

@OnGpu
class ClippingTrapOnGpuTests extends ClippingTrapTests {
  @Override
  Device open() {
    return TestDevices.gpu();
  }
}
