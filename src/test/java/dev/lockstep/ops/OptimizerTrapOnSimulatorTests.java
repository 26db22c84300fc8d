package dev.lockstep.ops;

import dev.lockstep.device.Device;

class OptimizerTrapOnSimulatorTests extends OptimizerTrapTests {
  @Override
  Device open() {
    return SimulatedDevices.open(2);
  }
}
