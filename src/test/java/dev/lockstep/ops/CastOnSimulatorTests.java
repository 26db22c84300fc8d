package dev.lockstep.ops;

import dev.lockstep.device.Device;

class CastOnSimulatorTests extends CastTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
