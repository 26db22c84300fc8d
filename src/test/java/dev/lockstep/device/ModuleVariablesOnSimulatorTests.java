package dev.lockstep.device;

class ModuleVariablesOnSimulatorTests extends ModuleVariablesTests {
  @Override
  Device open() {
    return Devices.open("sim", DeviceOptions.defaults().withSanitize(true)).device();
  }
}
