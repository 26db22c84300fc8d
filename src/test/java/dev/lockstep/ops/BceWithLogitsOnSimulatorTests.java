package dev.lockstep.ops;

import dev.lockstep.device.Device;

class BceWithLogitsOnSimulatorTests extends BceWithLogitsTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
