package dev.lockstep.cuda.standin;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import jcuda.driver.CUresult;

/** Objects callers know by a number that is never given twice, so that a stale one is noticed. */
final class HandleTable<T> {
  private static final AtomicLong NEXT = new AtomicLong(0x57a0_0000_0010L);

  private final Map<Long, T> objects = new ConcurrentHashMap<>();
  private final int whenUnknown;

  HandleTable() {
    this(CUresult.CUDA_ERROR_INVALID_HANDLE);
  }

  /**
   * @param whenUnknown what calls answer for a number that stands for nothing
   */
  HandleTable(int whenUnknown) {
    this.whenUnknown = whenUnknown;
  }

  long add(T object) {
    long handle = NEXT.getAndAdd(16);
    objects.put(handle, object);
    return handle;
  }

  T get(long handle) {
    T object = objects.get(handle);
    if (object == null) {
      throw new DriverError(whenUnknown);
    }
    return object;
  }

  T remove(long handle) {
    T object = objects.remove(handle);
    if (object == null) {
      throw new DriverError(whenUnknown);
    }
    return object;
  }

  void removeIf(Predicate<T> which) {
    objects.values().removeIf(which);
  }

  int size() {
    return objects.size();
  }
}
