package dev.lockstep.device;

import java.util.Optional;

/** Another device; a test changes what it is about. */
public class ForwardingDevice implements Device {
  private final Device device;

  /** All calls go to this device. */
  protected ForwardingDevice(Device device) {
    this.device = device;
  }

  @Override
  public DeviceInfo info() {
    return device.info();
  }

  @Override
  public DeviceBuffer allocate(long bytes) {
    return device.allocate(bytes);
  }

  @Override
  public HostBuffer allocateHost(long bytes) {
    return device.allocateHost(bytes);
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
  public <T> Optional<T> capability(Class<T> type) {
    return device.capability(type);
  }

  @Override
  public void close() {
    device.close();
  }
}
