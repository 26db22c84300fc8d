package dev.lockstep.ops;

import dev.lockstep.device.Device;

class MatrixPrecisionOnSimulatorTests extends MatrixPrecisionTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
