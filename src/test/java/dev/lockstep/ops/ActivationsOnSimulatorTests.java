package dev.lockstep.ops;

import dev.lockstep.device.Device;

class ActivationsOnSimulatorTests extends ActivationsTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
