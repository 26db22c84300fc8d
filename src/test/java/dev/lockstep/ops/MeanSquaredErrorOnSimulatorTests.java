package dev.lockstep.ops;

import dev.lockstep.device.Device;

class MeanSquaredErrorOnSimulatorTests extends MeanSquaredErrorTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
