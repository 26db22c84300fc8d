package dev.lockstep.simulator.memory;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What kernels allocate themselves, with {@code malloc}. It stays until they free it. */
public final class DeviceHeap {
  /** CUDA's default for {@code cudaLimitMallocHeapSize}. */
  private static final long MAX_BYTES = 8 << 20;

  private final GlobalMemory memory;
  private final Map<Long, GlobalMemory.Allocation> live = new LinkedHashMap<>();
  private long bytes;
  private boolean watched;

  DeviceHeap(GlobalMemory memory) {
    this.memory = memory;
  }

  /** From now on memory remembers who took it, and which of its bytes were written. */
  public synchronized void watch() {
    watched = true;
  }

  /**
   * The address of new memory; 0 when the heap has no more.
   *
   * @param taker who takes it, for reports
   */
  public synchronized long allocate(long size, Supplier<String> taker) {
    if (size <= 0 || size > MAX_BYTES - bytes) {
      return 0;
    }
    GlobalMemory.Allocation allocation = memory.allocate("a malloc of " + size + " bytes", size);
    if (watched) {
      allocation.region().setOrigin(taker.get());
      allocation.region().trackInitialized();
    }
    bytes += size;
    live.put(allocation.region().start(), allocation);
    return allocation.region().start();
  }

  /** What nobody has freed, oldest first. */
  public synchronized List<Region> kept() {
    return live.values().stream().map(GlobalMemory.Allocation::region).toList();
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
