package dev.lockstep.ops;

import dev.lockstep.device.Approximation;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;

class ActivationAccuracyOnSimulatorTests extends ActivationAccuracyTests {
  @Override
  Device open(Approximation approximation) {
    return Devices.open(
            "sim", DeviceOptions.defaults().withThreads(2).withApproximation(approximation))
        .device();
  }

  @Override
  boolean errsAsFarAsAllowed() {
    return true;
  }
}
