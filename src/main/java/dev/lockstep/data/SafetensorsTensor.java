package dev.lockstep.data;

import dev.lockstep.numeric.DType;
import java.util.List;

/**
 * One tensor of a safetensors file: dense, row-major, little-endian.
 *
 * @param shape extents, outermost first; empty for a scalar; an extent may be 0
 * @param from first byte, counted from the end of the header
 * @param to one past the last byte
 */
public record SafetensorsTensor(String name, DType dtype, List<Long> shape, long from, long to) {
  public SafetensorsTensor {
    shape = List.copyOf(shape);
  }

  /** The number of elements. */
  public long count() {
    return (to - from) / dtype.byteSize();
  }

  /**
   * Elements of that shape.
   *
   * @throws ArithmeticException when their number exceeds a long
   */
  static long count(List<Long> shape) {
    // An extent of 0 empties the tensor however large the others are.
    return shape.contains(0L) ? 0 : shape.stream().reduce(1L, Math::multiplyExact);
  }
}
