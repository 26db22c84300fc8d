package dev.lockstep.ops;

import dev.lockstep.device.Device;

class RmsNormOnSimulatorTests extends RmsNormTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
