package dev.lockstep.simulator;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.simulator.memory.GlobalMemory;
import java.lang.foreign.MemorySegment;

/** Global memory of a simulated device. */
final class SimulatedBuffer implements DeviceBuffer {
  private final GlobalMemory.Allocation allocation;
  private final SimulatedDevice device;
  private boolean closed;

  SimulatedBuffer(GlobalMemory.Allocation allocation, SimulatedDevice device) {
    this.allocation = allocation;
    this.device = device;
  }

  @Override
  public long address() {
    requireOpen();
    return allocation.region().start();
  }

  @Override
  public long bytes() {
    return allocation.region().bytes();
  }

  @Override
  public void close() {
    closed = true;
    allocation.close();
  }

  SimulatedDevice device() {
    return device;
  }

  /** {@code bytes} bytes from {@code offset} on. */
  MemorySegment slice(long offset, long bytes) {
    requireOpen();
    if (offset < 0 || bytes < 0 || offset > bytes() - bytes) {
      throw new IllegalArgumentException(
          "offset " + offset + " and " + bytes + " bytes do not fit a buffer of " + bytes());
    }
    return allocation.region().segment().asSlice(offset, bytes);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this buffer of " + bytes() + " bytes was closed");
    }
    device.requireOpen();
  }
}
