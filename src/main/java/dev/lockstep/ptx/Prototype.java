package dev.lockstep.ptx;

import java.util.List;

/** What a function takes and returns; a vector in registers counts as its elements. */
public record Prototype(List<Formal> results, List<Formal> parameters) {
  /**
   * A formal parameter.
   *
   * @param name {@code _} in a {@code .callprototype}
   * @param alignment in bytes, a power of two
   * @param bytes its size
   * @param register where it is passed in a register; −1 in a {@code .param} variable, else the id
   *     of the register in the function's body
   */
  public record Formal(String name, ScalarType type, int alignment, long bytes, int register) {
    /** {@code .param .b8 rest[]}: as large as what a call passes. */
    public boolean isUnsized() {
      return inMemory() && bytes == 0;
    }

    /** Whether it lies in {@code .param} memory. */
    public boolean inMemory() {
      return register < 0;
    }
  }
}
