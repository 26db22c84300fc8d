package dev.lockstep.nn;

import dev.lockstep.device.Device;
import dev.lockstep.device.OnGpu;
import dev.lockstep.device.TestDevices;

@OnGpu
class LanguageModelOnGpuTests extends LanguageModelTests {
  @Override
  Device open() {
    return TestDevices.gpu();
  }
}
