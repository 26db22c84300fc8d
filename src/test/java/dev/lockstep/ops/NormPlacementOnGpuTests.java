package dev.lockstep.ops;

import dev.lockstep.device.Device;
import dev.lockstep.device.OnGpu;
import dev.lockstep.device.TestDevices;

@OnGpu
class NormPlacementOnGpuTests extends NormPlacementTests {
  @Override
  Device open() {
    return TestDevices.gpu();
  }
}
