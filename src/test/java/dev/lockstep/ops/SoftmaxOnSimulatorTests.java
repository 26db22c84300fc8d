package dev.lockstep.ops;

import dev.lockstep.device.Device;

class SoftmaxOnSimulatorTests extends SoftmaxTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
