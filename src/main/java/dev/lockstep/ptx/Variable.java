package dev.lockstep.ptx;

import java.util.List;

/**
 * A variable in memory.
 *
 * @param alignment in bytes, a power of two
 * @param bytes its size; 0 for {@code extern .shared name[]}, which the launch sizes
 * @param initial its first bytes, the rest being zero
 * @param references addresses to be written over {@code initial} once they are known
 */
public record Variable(
    String name,
    StateSpace space,
    ScalarType type,
    int alignment,
    long bytes,
    boolean external,
    List<Byte> initial,
    List<Reference> references) {

  /**
   * An address in an initialiser: {@code generic(name)+8}, {@code 0xff00(name)}, or the name of a
   * function.
   *
   * @param at where in the variable it goes
   * @param bytes how many
   * @param mask the bits of the address that are kept, moved down to the lowest of them
   */
  public record Reference(
      long at, int bytes, String symbol, long addend, boolean generic, long mask) {
    /** What is stored for a symbol at that address. */
    public long value(long address) {
      long sum = address + addend;
      return mask == -1 ? sum : (sum & mask) >>> Long.numberOfTrailingZeros(mask);
    }
  }
}
