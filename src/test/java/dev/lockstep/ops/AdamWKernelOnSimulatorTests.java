package dev.lockstep.ops;

import dev.lockstep.device.Device;

class AdamWKernelOnSimulatorTests extends AdamWKernelTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
