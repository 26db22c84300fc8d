package dev.lockstep.check;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import org.junit.jupiter.api.Order;

@Order(1) // takes long
class ChecksOnSimulatorTests extends ChecksTests {
  @Override
  Device openDevice() {
    return Devices.open("sim", DeviceOptions.defaults().withSanitize(true)).device();
  }
}
