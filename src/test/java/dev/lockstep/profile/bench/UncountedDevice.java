package dev.lockstep.profile.bench;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceInfo;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.Event;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Stream;

/** The simulator as a GPU looks from outside: it runs kernels and offers nothing beyond that. */
final class UncountedDevice implements Device {
  private final Device device;
  private final DeviceInfo info;

  UncountedDevice(DeviceInfo info) {
    this.device = Devices.open("sim", DeviceOptions.defaults()).device();
    this.info = info;
  }

  @Override
  public DeviceInfo info() {
    return info;
  }

  @Override
  public DeviceBuffer allocate(long bytes) {
    return device.allocate(bytes);
  }

  @Override
  public KernelModule load(KernelImage image) {
    return device.load(image);
  }

  @Override
  public Stream newStream() {
    return device.newStream();
  }

  @Override
  public Event newEvent() {
    return device.newEvent();
  }

  @Override
  public void close() {
    device.close();
  }
}
