package dev.lockstep.ops;

import dev.lockstep.device.Device;

class DropoutOnSimulatorTests extends DropoutTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
