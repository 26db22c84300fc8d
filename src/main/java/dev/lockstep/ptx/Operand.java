package dev.lockstep.ptx;

import java.util.List;

/** An operand as written; what it means is its instruction's business. */
public sealed interface Operand {
  /** A declared register. */
  record Reg(Register register) implements Operand {}

  /** {@code %r.b2}, {@code %r.h10}: bytes or halves of a register, for video instructions. */
  record Part(Register register, String selector) implements Operand {}

  /** {@code !%p}: the complement of a predicate. */
  record Not(Register register) implements Operand {}

  /** {@code -%r} or {@code -%r.b2}: a factor or summand of a video instruction, subtracted. */
  record Negated(Operand operand) implements Operand {}

  /** {@code %tid.x}, {@code %laneid}, … */
  record Special(String name) implements Operand {}

  /** An integer literal, sign included. */
  record IntLiteral(long value) implements Operand {}

  /** {@code 0f…}, {@code 0d…} or a decimal float; single literals are widened, which is exact. */
  record FloatLiteral(double value, boolean single, long bits) implements Operand {}

  /** The address of a variable, {@code offset} bytes on. */
  record Symbol(String name, long offset) implements Operand {}

  /** {@code [base+offset]}, where base is a register, a symbol or a literal. */
  record Address(Operand base, long offset) implements Operand {}

  /** {@code [name, {x, y}]}: a texture or tensor map and coordinates in it. */
  record Indexed(List<Operand> elements) implements Operand {}

  /** {@code {a, b, …}}. */
  record Vector(List<Operand> elements) implements Operand {}

  /** {@code d|p}: a result and a predicate that goes with it. */
  record Pair(Operand first, Operand second) implements Operand {}

  /** {@code (a, b)}: the arguments or results of a call; for a vector, its elements. */
  record Arguments(List<Operand> elements) implements Operand {}

  /** A branch target: the name of a {@link Label} of the kernel. */
  record Target(String label) implements Operand {}

  /** {@code _}: a result nobody wants. */
  record Sink() implements Operand {}
}
