package dev.lockstep.ops;

import dev.lockstep.device.Device;
import org.junit.jupiter.api.Order;

@Order(1) // takes long
class LinearOnSimulatorTests extends LinearTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }
}
