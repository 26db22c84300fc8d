package dev.lockstep.ops;

import dev.lockstep.device.Device;

class ClippingTrapOnSimulatorTests extends ClippingTrapTests {
  @Override
  Device open() {
    return SimulatedDevices.open(2);
  }
}
