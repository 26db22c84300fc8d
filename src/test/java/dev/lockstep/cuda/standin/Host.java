package dev.lockstep.cuda.standin;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import jcuda.driver.CUresult;

/** Host memory behind pointers a caller passed. Null is refused; the rest must be trusted. */
final class Host {
  private Host() {}

  static MemorySegment at(MemorySegment pointer, long bytes) {
    if (pointer.address() == 0) {
      throw new DriverError(CUresult.CUDA_ERROR_INVALID_VALUE);
    }
    return pointer.reinterpret(bytes);
  }

  static MemorySegment at(long address, long bytes) {
    return at(MemorySegment.ofAddress(address), bytes);
  }

  static void set(MemorySegment pointer, int value) {
    at(pointer, Integer.BYTES).set(JAVA_INT_UNALIGNED, 0, value);
  }

  static void set(MemorySegment pointer, long value) {
    at(pointer, Long.BYTES).set(JAVA_LONG_UNALIGNED, 0, value);
  }

  static void set(MemorySegment pointer, float value) {
    at(pointer, Float.BYTES).set(JAVA_FLOAT_UNALIGNED, 0, value);
  }

  /** As {@link #set(MemorySegment, long)} for results a caller may leave out. */
  static void setIfAsked(MemorySegment pointer, long value) {
    if (pointer.address() != 0) {
      set(pointer, value);
    }
  }

  /** A C string. */
  static String text(MemorySegment pointer) {
    return at(pointer, Long.MAX_VALUE).getString(0);
  }
}
