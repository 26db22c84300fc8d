package dev.lockstep.train;

import dev.lockstep.device.Device;
import dev.lockstep.device.TestDevices;
import org.junit.jupiter.api.Order;

@Order(1) // takes long
class TrainerOnSimulatorTests extends TrainerTests {
  @Override
  Device open(int workers) {
    return TestDevices.simulator(workers);
  }
}
