package dev.lockstep.ops;

import dev.lockstep.device.Device;

class NormPlacementOnSimulatorTests extends NormPlacementTests {
  @Override
  Device open() {
    return SimulatedDevices.open(2);
  }
}
