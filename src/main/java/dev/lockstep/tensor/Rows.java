package dev.lockstep.tensor;

import dev.lockstep.numeric.DType;

/**
 * Rows of equal length at equal distances in device memory: those of a dense tensor, some columns
 * of one, or one row repeated. Like a {@link Tensor} it never owns.
 *
 * @param span from the first element of the first row to the last of the last, rank 1
 * @param rows how many rows
 * @param cols elements of a row, next to each other
 * @param pitch elements from the start of a row to the start of the next; 0 repeats one row
 */
public record Rows(Tensor span, long rows, long cols, long pitch) {
  /**
   * @throws IllegalArgumentException for counts below 1, a pitch below 0, or a span of another size
   */
  public Rows {
    if (rows < 1 || cols < 1 || pitch < 0) {
      throw new IllegalArgumentException(
          "%d rows of %d, %d apart: at least 1 row of 1, 0 apart".formatted(rows, cols, pitch));
    }
    long needed = spanOf(rows, cols, pitch);
    if (span.shape().rank() != 1 || span.count() != needed) {
      throw new IllegalArgumentException(
          "%s is not the span of %d rows of %d, %d apart, which is %s[%d]"
              .formatted(span, rows, cols, pitch, span.dtype().suffix(), needed));
    }
  }

  /** All rows of a dense tensor: its innermost axis. */
  public static Rows of(Tensor tensor) {
    long cols = tensor.shape().cols();
    return new Rows(tensor.flatten(), tensor.shape().rows(), cols, cols);
  }

  /** All elements of a dense tensor of any shape as one row. */
  public static Rows flat(Tensor tensor) {
    return new Rows(tensor.flatten(), 1, tensor.count(), tensor.count());
  }

  /**
   * Rows within a tensor of any shape, from its first element on.
   *
   * @throws IllegalArgumentException when they do not fit
   */
  public static Rows within(Tensor tensor, long rows, long cols, long pitch) {
    long needed = rows < 1 || cols < 1 || pitch < 0 ? 1 : spanOf(rows, cols, pitch);
    if (needed > tensor.count()) {
      throw new IllegalArgumentException(
          "%d rows of %d, %d apart, do not fit %s".formatted(rows, cols, pitch, tensor));
    }
    return new Rows(tensor.flatten().slice(0, needed), rows, cols, pitch);
  }

  /** One row of a tensor with one row, {@code rows} times. */
  public static Rows repeated(Tensor row, long rows) {
    return new Rows(row.flatten(), rows, row.count(), 0);
  }

  /** The columns from {@code from} on, of the same rows. */
  public Rows columns(long from, long count) {
    if (from < 0 || count < 1 || from > cols - count) {
      throw new IllegalArgumentException(
          "%d columns from %d must lie within the %d columns".formatted(count, from, cols));
    }
    return new Rows(span.slice(from, spanOf(rows, count, pitch)), rows, count, pitch);
  }

  /** Type of the elements. */
  public DType dtype() {
    return span.dtype();
  }

  /** The {@link #pitch} in bytes. */
  public long pitchBytes() {
    return pitch * dtype().byteSize();
  }

  /** For example {@code bf16, 64 rows of 128, 256 apart}. */
  @Override
  public String toString() {
    return "%s, %d rows of %d, %d apart".formatted(dtype().suffix(), rows, cols, pitch);
  }

  private static long spanOf(long rows, long cols, long pitch) {
    try {
      return Math.addExact(Math.multiplyExact(rows - 1, pitch), cols);
    } catch (ArithmeticException overflow) {
      throw new IllegalArgumentException(
          "%d rows, %d apart, span more than 2^63-1 elements".formatted(rows, pitch), overflow);
    }
  }
}
