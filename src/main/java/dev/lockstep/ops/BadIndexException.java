package dev.lockstep.ops;

/** A kernel met an index (a token id, a target) outside its table. */
public final class BadIndexException extends RuntimeException {
  private final String kernel;
  private final long row;
  private final int value;

  BadIndexException(String kernel, long row, int value, long limit) {
    super(
        "%s: the index in row %d is %d; allowed are 0 to %d"
            .formatted(kernel, row, value, limit - 1));
    this.kernel = kernel;
    this.row = row;
    this.value = value;
  }

  /** The kernel that met it. */
  public String kernel() {
    return kernel;
  }

  /** The lowest row with a bad index, from 0; rows from 2³²−1 on are reported as that. */
  public long row() {
    return row;
  }

  /** The index itself. */
  public int value() {
    return value;
  }
}
