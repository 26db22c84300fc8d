package dev.lockstep.ops;

import dev.lockstep.device.Device;

class LinearOnSimulatorTests extends LinearTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
