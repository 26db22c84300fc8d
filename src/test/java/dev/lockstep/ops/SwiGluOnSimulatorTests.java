package dev.lockstep.ops;

import dev.lockstep.device.Device;

class SwiGluOnSimulatorTests extends SwiGluTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
