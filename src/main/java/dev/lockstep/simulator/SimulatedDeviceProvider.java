package dev.lockstep.simulator;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.DeviceProvider;

/** Offers the simulator as {@code sim}: always available, never preferred to a GPU. */
public final class SimulatedDeviceProvider implements DeviceProvider {
  @Override
  public String name() {
    return SimulatedDevice.PROVIDER;
  }

  @Override
  public int preference() {
    return 0;
  }

  @Override
  public Availability availability() {
    return new Availability(true, "the simulator runs everywhere");
  }

  @Override
  public Device open(DeviceOptions options) {
    return new SimulatedDevice(options);
  }
}
