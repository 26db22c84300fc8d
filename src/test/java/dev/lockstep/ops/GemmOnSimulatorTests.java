package dev.lockstep.ops;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.MatrixMode;
import org.junit.jupiter.api.Order;

@Order(1) // takes long
class GemmOnSimulatorTests extends GemmTests {
  @Override
  Device open(MatrixMode mode) {
    DeviceOptions options = DeviceOptions.defaults().withSanitize(true).withMatrixMode(mode);
    return Devices.open("sim", options).device();
  }
}
