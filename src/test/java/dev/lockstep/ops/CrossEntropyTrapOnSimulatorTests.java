package dev.lockstep.ops;

import dev.lockstep.device.Device;

class CrossEntropyTrapOnSimulatorTests extends CrossEntropyTrapTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
