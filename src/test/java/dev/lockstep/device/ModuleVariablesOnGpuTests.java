package dev.lockstep.device;

@OnGpu
class ModuleVariablesOnGpuTests extends ModuleVariablesTests {
  @Override
  Device open() {
    return TestDevices.gpu();
  }
}
