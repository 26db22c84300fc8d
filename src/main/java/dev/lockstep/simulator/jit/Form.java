package dev.lockstep.simulator.jit;

import java.lang.classfile.CodeBuilder;
import java.util.function.Consumer;

/**
 * How the virtual machine computes one lane of an instruction.
 *
 * @param types of the result and then of the sources, one character each: {@code f} float, {@code
 *     d} double, {@code i} 32 bits, {@code h} 16 bits kept zero-extended, {@code l} 64 bits, {@code
 *     p} predicate
 * @param emission takes the sources from the operand stack and leaves the result there
 */
public record Form(String types, Consumer<CodeBuilder> emission) {
  /** Type of the result. */
  public char result() {
    return types.charAt(0);
  }

  /** Type of a source. */
  public char source(int n) {
    return types.charAt(n + 1);
  }

  /** How many sources. */
  public int arity() {
    return types.length() - 1;
  }
}
