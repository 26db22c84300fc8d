package dev.lockstep.ops;

import dev.lockstep.device.Device;

class SoftmaxCrossEntropyOnSimulatorTests extends SoftmaxCrossEntropyTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
