package dev.lockstep.ops;

import dev.lockstep.device.Device;

class LayerNormOnSimulatorTests extends LayerNormTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
