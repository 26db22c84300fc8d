package dev.lockstep.simulator.jit;

import java.lang.classfile.CodeBuilder;
import java.util.function.Consumer;

/**
 * How the virtual machine computes one lane of an instruction.
 *
 * @param types of the result and then of the sources, one character each: {@code f} float, {@code
 *     d} double, {@code i} 32 bits, {@code h} 16 bits kept zero-extended, {@code s} the same read
 *     as a signed number, {@code l} 64 bits, {@code p} predicate
 * @param nan what it does about NaN
 * @param commutes whether it is of two 32-bit values and gives the same, whichever comes first
 * @param emission takes the sources from the operand stack and leaves the result there
 */
public record Form(String types, Nan nan, boolean commutes, Consumer<CodeBuilder> emission) {
  /** What a form does about the bits of NaN: single-precision arithmetic has only one. */
  public enum Nan {
    /** Looks at the sources' bits; its result needs no more. */
    EXACT,

    /** Hands on the bits of its only source; its result needs what that one needed. */
    COPY,

    /** Treats every NaN among its floats alike; its result needs no more. */
    BLIND,

    /** As blind; a NaN in its result may have any bits and is to be made canonical. */
    ANY
  }

  /** A form that looks at the bits of its sources. */
  public Form(String types, Consumer<CodeBuilder> emission) {
    this(types, Nan.EXACT, false, emission);
  }

  /** Whether the bits of a NaN in a source matter to the result. */
  public boolean seesNan(int n) {
    return source(n) != 'f' || nan == Nan.EXACT || nan == Nan.COPY;
  }

  /** Whether it hands on its only source. */
  public boolean isMove() {
    return nan == Nan.COPY;
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
