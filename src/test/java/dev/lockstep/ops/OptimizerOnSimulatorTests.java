package dev.lockstep.ops;

import dev.lockstep.device.Device;

class OptimizerOnSimulatorTests extends OptimizerTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
