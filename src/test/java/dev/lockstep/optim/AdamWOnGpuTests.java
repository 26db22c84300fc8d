package dev.lockstep.optim;

import dev.lockstep.device.Device;
import dev.lockstep.device.OnGpu;
import dev.lockstep.device.TestDevices;

@OnGpu
class AdamWOnGpuTests extends AdamWTests {
  @Override
  Device open() {
    return TestDevices.gpu();
  }
}
