package dev.lockstep.simulator.jit;

import java.lang.classfile.CodeBuilder;
import java.util.function.Consumer;

/**
 * How the virtual machine computes one lane of an instruction.
 *
 * @param types of the result and then of the sources, one character each: {@code f} float, {@code
 *     d} double, {@code i} 32 bits, {@code h} 16 bits kept zero-extended, {@code l} 64 bits, {@code
 *     p} predicate
 * @param nan what it does about NaN
 * @param emission takes the sources from the operand stack and leaves the result there
 */
public record Form(String types, Nan nan, Consumer<CodeBuilder> emission) {
  /** What a form does about the bits of NaN: single-precision arithmetic has only one. */
  public enum Nan {
    /** Looks at the sources' bits; its result needs no more. */
    EXACT,

    /** Treats every NaN alike; its result needs no more. */
    BLIND,

    /** Treats every NaN alike; one in its result may have any bits and is to be made canonical. */
    ANY
  }

  /** A form that looks at the bits of its sources. */
  public Form(String types, Consumer<CodeBuilder> emission) {
    this(types, Nan.EXACT, emission);
  }

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
