package dev.lockstep.cuda.standin;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import jcuda.driver.CUmemorytype;
import jcuda.driver.CUresult;

/** A {@code CUDA_MEMCPY2D}: two sides of seven words each, then the extents. */
record Copy2d(Side source, Side target, long width, long height) {
  private static final long SIDE_BYTES = 56;

  /** One side; arrays are not supported. */
  record Side(boolean onDevice, long start, long pitch) {
    private static Side read(MemorySegment words) {
      int type = words.get(JAVA_INT, 16);
      if (type != CUmemorytype.CU_MEMORYTYPE_DEVICE && type != CUmemorytype.CU_MEMORYTYPE_HOST) {
        throw new DriverError(CUresult.CUDA_ERROR_NOT_SUPPORTED);
      }
      boolean device = type == CUmemorytype.CU_MEMORYTYPE_DEVICE;
      long pitch = words.get(JAVA_LONG, 48);
      long base = words.get(JAVA_LONG, device ? 32 : 24);
      return new Side(
          device, base + words.get(JAVA_LONG, 8) * pitch + words.get(JAVA_LONG, 0), pitch);
    }

    /** Where a row starts. */
    long row(long index, long width) {
      if (index > 0 && pitch < width) {
        throw new DriverError(CUresult.CUDA_ERROR_INVALID_VALUE);
      }
      return start + index * pitch;
    }
  }

  static Copy2d read(MemorySegment pointer) {
    MemorySegment words = Host.at(pointer, 2 * SIDE_BYTES + 16);
    return new Copy2d(
        Side.read(words.asSlice(0, SIDE_BYTES)),
        Side.read(words.asSlice(SIDE_BYTES, SIDE_BYTES)),
        words.get(JAVA_LONG, 2 * SIDE_BYTES),
        words.get(JAVA_LONG, 2 * SIDE_BYTES + 8));
  }
}
