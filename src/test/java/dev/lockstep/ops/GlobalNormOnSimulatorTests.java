package dev.lockstep.ops;

import dev.lockstep.device.Device;

class GlobalNormOnSimulatorTests extends GlobalNormTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
