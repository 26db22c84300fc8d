package dev.lockstep.simulator.jit;

import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.lockstep.simulator.execution.Slot;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.function.ToIntFunction;

/** Moves values between local variables and the operand stack, as the type a form wants them. */
final class Operands {
  private static final ClassDesc FLOAT = ClassDesc.of("java.lang.Float");
  private static final ClassDesc DOUBLE = ClassDesc.of("java.lang.Double");

  private Operands() {}

  /** Pushes what needs to know the lane. */
  interface Lanes {
    void load(Source.Elsewhere elsewhere, char type);

    void load(Source.Bits bits);
  }

  static void load(
      CodeBuilder c, Source source, char type, ToIntFunction<Place> local, Lanes lanes) {
    switch (source) {
      case Source.Not(Place predicate) -> c.iload(local.applyAsInt(predicate)).iconst_1().ixor();
      case Source.Literal literal -> constant(c, literal, type);
      case Place place -> {
        c.loadLocal(LaneLoop.kind(place), local.applyAsInt(place));
        retype(c, place, type);
      }
      case Source.Elsewhere elsewhere -> lanes.load(elsewhere, type);
      case Source.Bits bits -> lanes.load(bits);
    }
  }

  /** Makes what lies on the operand stack, from a place, what a form wants. */
  static void retype(CodeBuilder c, Place place, char type) {
    switch (place.file()) {
      case Slot.FLOATS -> {
        if (type == 'i') {
          toBits(c);
        }
      }
      case Slot.INTS -> {
        if (type == 'f') {
          c.invokestatic(FLOAT, "intBitsToFloat", MethodTypeDesc.of(CD_float, CD_int));
        } else if (type == 's') {
          c.i2s();
        }
      }
      case Slot.LONGS -> {
        if (type == 'd') {
          c.invokestatic(DOUBLE, "longBitsToDouble", MethodTypeDesc.of(CD_double, CD_long));
        }
      }
      case Slot.DOUBLES -> {
        if (type == 'l') {
          c.invokestatic(DOUBLE, "doubleToRawLongBits", MethodTypeDesc.of(CD_long, CD_double));
        }
      }
      default -> {}
    }
  }

  /** Makes an int of the float on the operand stack. */
  static void toBits(CodeBuilder c) {
    c.invokestatic(FLOAT, "floatToRawIntBits", MethodTypeDesc.of(CD_int, CD_float));
  }

  private static void constant(CodeBuilder c, Source.Literal literal, char type) {
    boolean floating = literal.floating();
    switch (type) {
      case 'f' ->
          c.loadConstant(
              floating ? (float) literal.value() : Float.intBitsToFloat((int) literal.bits()));
      case 'd' ->
          c.loadConstant(floating ? literal.value() : Double.longBitsToDouble(literal.bits()));
      case 'l' ->
          c.loadConstant(floating ? Double.doubleToRawLongBits(literal.value()) : literal.bits());
      case 's' -> c.loadConstant((int) (short) literal.bits());
      case 'h' -> c.loadConstant((int) literal.bits() & 0xffff);
      case 'p' -> c.loadConstant(literal.bits() == 0 ? 0 : 1);
      default ->
          c.loadConstant(
              floating ? Float.floatToRawIntBits((float) literal.value()) : (int) literal.bits());
    }
  }

  /** Takes the result from the operand stack. */
  static void store(CodeBuilder c, Place target, char type, int local) {
    switch (target.file()) {
      case Slot.FLOATS -> {
        if (type == 'i') {
          c.invokestatic(FLOAT, "intBitsToFloat", MethodTypeDesc.of(CD_float, CD_int));
        }
      }
      case Slot.INTS -> {
        if (type == 'f') {
          toBits(c);
        }
      }
      case Slot.LONGS -> {
        if (type == 'd') {
          c.invokestatic(DOUBLE, "doubleToRawLongBits", MethodTypeDesc.of(CD_long, CD_double));
        }
      }
      case Slot.DOUBLES -> {
        if (type == 'l') {
          c.invokestatic(DOUBLE, "longBitsToDouble", MethodTypeDesc.of(CD_double, CD_long));
        }
      }
      default -> {}
    }
    c.storeLocal(LaneLoop.kind(target), local);
  }
}
