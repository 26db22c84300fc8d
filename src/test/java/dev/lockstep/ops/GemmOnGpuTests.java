package dev.lockstep.ops;

import dev.lockstep.device.Device;
import dev.lockstep.device.MatrixMode;
import dev.lockstep.device.OnGpu;
import dev.lockstep.device.TestDevices;

@OnGpu
class GemmOnGpuTests extends GemmTests {
  @Override
  Device open(MatrixMode mode) {
    return TestDevices.gpu();
  }
}
