package dev.lockstep.ops;

import dev.lockstep.device.Device;

class GluOnSimulatorTests extends GluTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
