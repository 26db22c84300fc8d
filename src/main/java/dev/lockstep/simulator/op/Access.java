package dev.lockstep.simulator.op;

/**
 * What one instruction does to memory, for those who watch: each active lane touches {@code bytes}
 * bytes from {@code address} on.
 *
 * @param bytes per lane, all elements of a vector together
 */
public record Access(Kind kind, Address address, int bytes) {
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
    /** {@code ldmatrix}: only the lanes that hold row addresses. */
    MATRIX_LOAD,
    /** {@code stmatrix}: likewise. */
    MATRIX_STORE
  }
}
