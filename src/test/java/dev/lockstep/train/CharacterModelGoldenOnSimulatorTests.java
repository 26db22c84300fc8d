package dev.lockstep.train;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;

class CharacterModelGoldenOnSimulatorTests extends CharacterModelGoldenTests {
  @Override
  Device open() {
    return Devices.open("sim", DeviceOptions.defaults()).device();
  }
}
