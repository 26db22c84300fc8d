package dev.lockstep.simulator.memory;

import java.util.HashMap;
import java.util.Map;

/** What kernels allocate themselves, with {@code malloc}. It stays until they free it. */
public final class DeviceHeap {
  /** CUDA's default for {@code cudaLimitMallocHeapSize}. */
  private static final long MAX_BYTES = 8 << 20;

  private final GlobalMemory memory;
  private final Map<Long, GlobalMemory.Allocation> live = new HashMap<>();
  private long bytes;

  DeviceHeap(GlobalMemory memory) {
    this.memory = memory;
  }

  /** The address of new memory; 0 when the heap has no more. */
  public synchronized long allocate(long size) {
    if (size <= 0 || size > MAX_BYTES - bytes) {
      return 0;
    }
    GlobalMemory.Allocation allocation = memory.allocate("a malloc of " + size + " bytes", size);
    bytes += size;
    live.put(allocation.region().start(), allocation);
    return allocation.region().start();
  }

  /** Gives memory back; false for an address that is none of ours. A null pointer is nothing. */
  public synchronized boolean free(long address) {
    if (address == 0) {
      return true;
    }
    GlobalMemory.Allocation allocation = live.remove(address);
    if (allocation == null) {
      return false;
    }
    bytes -= allocation.region().bytes();
    allocation.close();
    return true;
  }
}
