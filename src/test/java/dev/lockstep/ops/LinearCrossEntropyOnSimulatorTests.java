package dev.lockstep.ops;

import dev.lockstep.device.Device;

class LinearCrossEntropyOnSimulatorTests extends LinearCrossEntropyTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
