package dev.lockstep.cuda.standin;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import jcuda.driver.CUresult;

/**
 * Tensor maps, by the rules of cuda.h for tensors that are not interleaved. What NVIDIA's driver
 * writes is its secret; this one writes down what it was given, for tests to read: 64-bit words
 * with the element's type and the swizzle, the rank, the address, five sizes, four strides, and the
 * extents of the box, two to a word.
 */
final class TensorFamily {
  /** Bytes of an element, by its {@code CUtensorMapDataType}. */
  private static final int[] ELEMENT = {1, 2, 4, 4, 8, 8, 2, 4, 8, 2};

  /** Bytes within which a swizzle moves, by its {@code CUtensorMapSwizzle}. */
  private static final int[] SPAN = {Integer.MAX_VALUE, 32, 64, 128};

  private final DriverState state;

  TensorFamily(DriverState state) {
    this.state = state;
  }

  @Export("cuTensorMapEncodeTiled")
  int encode(
      MemorySegment map,
      int element,
      int rank,
      long address,
      MemorySegment sizes,
      MemorySegment strides,
      MemorySegment box,
      MemorySegment steps,
      int interleave,
      int swizzle,
      int promotion,
      int fill) {
    state.requireInitialised();
    if (!state.gpu.hasClusters() || interleave != 0 || promotion != 0 || fill != 0) {
      return CUresult.CUDA_ERROR_NOT_SUPPORTED;
    }
    require(map.address() % 64 == 0 && address != 0 && address % 16 == 0);
    require(element >= 0 && element < ELEMENT.length && rank >= 1 && rank <= 5);
    require(swizzle >= 0 && swizzle < SPAN.length);
    long[] words = new long[16];
    words[0] = element | (long) swizzle << 32;
    words[1] = rank;
    words[2] = address;
    for (int i = 0; i < rank; i++) {
      long size = Host.at(sizes, 8L * rank).getAtIndex(JAVA_LONG, i);
      int extent = Host.at(box, 4L * rank).getAtIndex(JAVA_INT, i);
      int step = Host.at(steps, 4L * rank).getAtIndex(JAVA_INT, i);
      require(size >= 1 && size <= 1L << 32 && extent >= 1 && extent <= 256 && step == 1);
      words[3 + i] = size;
      words[12 + i / 2] |= (long) extent << 32 * (i % 2);
      if (i > 0) {
        long stride = Host.at(strides, 8L * (rank - 1)).getAtIndex(JAVA_LONG, i - 1);
        require(stride > 0 && stride % 16 == 0 && stride < 1L << 40);
        words[7 + i] = stride;
      }
    }
    int row = Host.at(box, 4).get(JAVA_INT, 0) * ELEMENT[element];
    require(row % 16 == 0 && row <= SPAN[swizzle]);
    Host.at(map, 128).copyFrom(MemorySegment.ofArray(words));
    return CUresult.CUDA_SUCCESS;
  }

  private static void require(boolean holds) {
    if (!holds) {
      throw new DriverError(CUresult.CUDA_ERROR_INVALID_VALUE);
    }
  }
}
