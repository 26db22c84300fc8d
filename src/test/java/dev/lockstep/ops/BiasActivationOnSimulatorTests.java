package dev.lockstep.ops;

import dev.lockstep.device.Device;

class BiasActivationOnSimulatorTests extends BiasActivationTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
