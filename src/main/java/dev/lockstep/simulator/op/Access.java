package dev.lockstep.simulator.op;

/**
 * What one instruction does to memory, for those who watch: each active lane of {@code lanes}
 * touches {@code bytes} bytes from {@code address} on.
 *
 * @param bytes per lane, all elements of a vector together
 * @param lanes those whose addresses count, one bit each
 */
public record Access(Kind kind, Address address, int bytes, int lanes) {
  private static final int MATRIX_ROWS = 8;

  /** What is done there. */
  public enum Kind {
    LOAD,
    STORE,
    /** Reads and writes in one step; others do so at the same place without harm. */
    ATOMIC,
    /** The source of a {@code cp.async}. */
    ASYNC_READ,
    /** The destination of a {@code cp.async}. */
    ASYNC_WRITE,
    /** {@code ldmatrix}: one operation of all the warp's lanes. */
    MATRIX_LOAD,
    /** {@code stmatrix}: likewise. */
    MATRIX_STORE
  }

  /** An access by all active lanes. */
  public Access(Kind kind, Address address, int bytes) {
    this(kind, address, bytes, -1);
  }

  /** The lanes that hold the addresses of the rows of so many 8×8 matrices: eight for each. */
  static int rows(int matrices) {
    return -1 >>> Integer.SIZE - MATRIX_ROWS * matrices;
  }

  /** Whether it is one operation of all the warp's lanes, which waits for them. */
  public boolean gathers() {
    return kind == Kind.MATRIX_LOAD || kind == Kind.MATRIX_STORE;
  }
}
