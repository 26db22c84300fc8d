package dev.lockstep.simulator;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.simulator.memory.GlobalMemory;
import dev.lockstep.simulator.memory.InitializedBytes;
import java.lang.foreign.MemorySegment;

/** Global memory of a simulated device, or constant memory of a module. */
final class SimulatedBuffer implements DeviceBuffer {
  private final GlobalMemory.Allocation allocation;
  private final SimulatedDevice device;
  private final boolean ofModule;
  private boolean closed;

  SimulatedBuffer(GlobalMemory.Allocation allocation, SimulatedDevice device) {
    this(allocation, device, false);
  }

  private SimulatedBuffer(
      GlobalMemory.Allocation allocation, SimulatedDevice device, boolean ofModule) {
    this.allocation = allocation;
    this.device = device;
    this.ofModule = ofModule;
  }

  /** The memory of a variable, which its module closes. */
  static SimulatedBuffer ofModule(GlobalMemory.Allocation allocation, SimulatedDevice device) {
    return new SimulatedBuffer(allocation, device, true);
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
    if (ofModule) {
      return;
    }
    closed = true;
    allocation.close();
    device.sanitizer().ifPresent(s -> s.closed(this));
  }

  SimulatedDevice device() {
    return device;
  }

  /** {@code bytes} bytes from {@code offset} on. */
  MemorySegment slice(long offset, long bytes) {
    requireFit(offset, bytes);
    return allocation.region().segment().asSlice(offset, bytes);
  }

  /** The bytes are written, if anybody keeps count. */
  void initialized(long offset, long bytes) {
    requireFit(offset, bytes);
    InitializedBytes known = allocation.region().initialized();
    if (known != null) {
      known.set(offset, bytes);
    }
  }

  /** The bytes are written as far as those of another buffer are. */
  void initializedAs(long offset, SimulatedBuffer source, long sourceOffset, long bytes) {
    InitializedBytes known = allocation.region().initialized();
    InitializedBytes its = source.allocation.region().initialized();
    if (known != null && its != null) {
      known.copy(offset, its, sourceOffset, bytes);
    } else if (known != null) {
      known.set(offset, bytes); // From a variable, which is set from the start.
    }
  }

  private void requireFit(long offset, long bytes) {
    requireOpen();
    if (offset < 0 || bytes < 0 || offset > bytes() - bytes) {
      throw new IllegalArgumentException(
          "offset " + offset + " and " + bytes + " bytes do not fit a buffer of " + bytes());
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this buffer of " + bytes() + " bytes was closed");
    }
    if (ofModule && allocation.isClosed()) {
      throw new IllegalStateException(
          "the module of " + allocation.region().name() + " was closed");
    }
    device.requireOpen();
  }
}
