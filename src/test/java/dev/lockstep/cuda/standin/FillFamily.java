package dev.lockstep.cuda.standin;

import dev.lockstep.cuda.standin.StandInContext.Place;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.driver.CUresult;

/** Fills with 1, 2 and 4 bytes, of ranges and of rectangles. */
final class FillFamily {
  private static final long DEFAULT_STREAM = 0;

  private final DriverState state;

  FillFamily(DriverState state) {
    this.state = state;
  }

  @Export("cuMemsetD8_v2")
  int fill8(long target, byte value, long count) {
    return fill(target, count, 1, count, 1, value, DEFAULT_STREAM);
  }

  @Export("cuMemsetD8Async")
  int fill8Async(long target, byte value, long count, long stream) {
    return fill(target, count, 1, count, 1, value, stream);
  }

  @Export("cuMemsetD16_v2")
  int fill16(long target, short value, long count) {
    return fill(target, 2 * count, 2, count, 1, value, DEFAULT_STREAM);
  }

  @Export("cuMemsetD16Async")
  int fill16Async(long target, short value, long count, long stream) {
    return fill(target, 2 * count, 2, count, 1, value, stream);
  }

  @Export("cuMemsetD32_v2")
  int fill32(long target, int value, long count) {
    return fill(target, 4 * count, 4, count, 1, value, DEFAULT_STREAM);
  }

  @Export("cuMemsetD32Async")
  int fill32Async(long target, int value, long count, long stream) {
    return fill(target, 4 * count, 4, count, 1, value, stream);
  }

  @Export("cuMemsetD2D8_v2")
  int rectangle8(long target, long pitch, byte value, long width, long height) {
    return fill(target, pitch, 1, width, height, value, DEFAULT_STREAM);
  }

  @Export("cuMemsetD2D16_v2")
  int rectangle16(long target, long pitch, short value, long width, long height) {
    return fill(target, pitch, 2, width, height, value, DEFAULT_STREAM);
  }

  @Export("cuMemsetD2D32_v2")
  int rectangle32(long target, long pitch, int value, long width, long height) {
    return fill(target, pitch, 4, width, height, value, DEFAULT_STREAM);
  }

  @Export("cuMemsetD2D32Async")
  int rectangle32Async(long target, long pitch, int value, long width, long height, long stream) {
    return fill(target, pitch, 4, width, height, value, stream);
  }

  private int fill(
      long target, long pitch, int element, long width, long height, int value, long stream) {
    StandInStream on = state.stream(stream);
    if (target % element != 0 || (height > 1 && pitch < width * element)) {
      return CUresult.CUDA_ERROR_INVALID_VALUE;
    }
    for (long row = 0; row < height; row++) {
      Place place = on.context.place(target + row * pitch, width * element);
      on.submit(
          new GraphNode(GraphNode.Kind.MEMSET, gpu -> fill(gpu, place, width, element, value)));
    }
    return CUresult.CUDA_SUCCESS;
  }

  private static void fill(StandInGpu gpu, Place place, long count, int element, int value) {
    if (element == 1) {
      gpu.stream.fill(place.buffer(), place.offset(), count, (byte) value);
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pattern = arena.allocate(count * element, element);
      for (long i = 0; i < count; i++) {
        if (element == 2) {
          pattern.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) value);
        } else {
          pattern.setAtIndex(ValueLayout.JAVA_INT, i, value);
        }
      }
      gpu.stream.copyToDevice(place.buffer(), place.offset(), pattern);
    }
  }
}
