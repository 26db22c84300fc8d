package dev.lockstep.ops;

import dev.lockstep.device.Approximation;
import dev.lockstep.device.Device;
import dev.lockstep.device.OnGpu;
import dev.lockstep.device.TestDevices;

@OnGpu
class ActivationAccuracyOnGpuTests extends ActivationAccuracyTests {
  @Override
  Device open(Approximation approximation) {
    return TestDevices.gpu();
  }

  @Override
  boolean errsAsFarAsAllowed() {
    return false;
  }
}
