package dev.lockstep.ops;

import dev.lockstep.device.Device;

class EmbeddingOnSimulatorTests extends EmbeddingTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
