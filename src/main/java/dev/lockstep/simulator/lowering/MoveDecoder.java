package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.memory.Windows;
import dev.lockstep.simulator.op.Compare;
import dev.lockstep.simulator.op.ConversionLanes;
import dev.lockstep.simulator.op.DoubleLanes;
import dev.lockstep.simulator.op.FloatLanes;
import dev.lockstep.simulator.op.Frequent;
import dev.lockstep.simulator.op.IntLanes;
import dev.lockstep.simulator.op.LongLanes;
import dev.lockstep.simulator.op.PredicateOp;
import dev.lockstep.simulator.op.Select;
import java.util.List;
import java.util.function.IntPredicate;

/** Moves, selections and address conversions (PTX ISA 9.7.9). */
final class MoveDecoder {
  private final Instruction in;
  private final Emitter e;

  private MoveDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
  }

  static void decode(Instruction in, Emitter emitter) {
    MoveDecoder decoder = new MoveDecoder(in, emitter);
    switch (in.opcode()) {
      case "mov" -> decoder.mov();
      case "selp" -> decoder.selp();
      case "slct" -> decoder.slct();
      case "cvta" -> decoder.cvta();
      case "isspacep" -> decoder.isspacep();
      default -> throw new Unsupported("the instruction is not known");
    }
  }

  private void mov() {
    Decoder.allow(in);
    ScalarType type = Decoder.type(in);
    Operand to = operand(in, 0);
    Operand from = operand(in, 1);
    if (to instanceof Operand.Vector(List<Operand> parts)) {
      unpack(parts, from, type);
    } else if (from instanceof Operand.Vector(List<Operand> parts)) {
      pack(to, parts, type);
    } else if (type == ScalarType.PRED) {
      e.emit(new PredicateOp(PredicateOp.Kind.MOVE, e.toPredicate(to), e.predicate(from), 0));
    } else if (type.bytes() == 16) {
      throw new Unsupported("128-bit moves");
    } else if (isIn(to, Slot.FLOATS)) {
      // The register's class decides, not the type: mov.b32 between floats copies floats.
      if (isIn(from, Slot.INTS)) {
        e.emit(new Frequent.BitsToFloat(e.toF32(to), e.b32(from)));
      } else {
        e.emit(new Frequent.FloatMove(e.toF32(to), e.f32(from)));
      }
    } else if (isIn(to, Slot.DOUBLES)) {
      if (isIn(from, Slot.LONGS)) {
        e.emit(ConversionLanes::bitsToDouble, e.toF64(to), e.b64(from));
      } else {
        e.emit(DoubleLanes::move, e.toF64(to), e.f64(from));
      }
    } else if (type.bytes() == 8) {
      if (isIn(from, Slot.DOUBLES)) {
        e.emit(ConversionLanes::doubleToBits, e.toB64(to), e.f64(from));
      } else {
        e.emit(new Frequent.LongMove(e.toB64(to), e.b64(from)));
      }
    } else if (isIn(from, Slot.FLOATS)) {
      e.emit(new Frequent.FloatToBits(e.toB32(to), e.f32(from)));
    } else {
      e.emit(new Frequent.IntMove(e.toInteger(to, type), e.integer(from, type)));
    }
  }

  private static boolean isIn(Operand operand, int file) {
    return operand instanceof Operand.Reg(Register r)
        && r.type() != ScalarType.PRED
        && Registers.file(r.type()) == file;
  }

  /** {@code mov.b64 {lo, hi}, a} and {@code mov.b32 {lo, hi}, a}. */
  private void unpack(List<Operand> parts, Operand from, ScalarType type) {
    if (parts.size() == 2 && type.bytes() == 8) {
      Slot<long[]> source = e.b64(from);
      e.emit(ConversionLanes::longToInt, e.toB32(parts.get(0)), source);
      e.emit(ConversionLanes::highInt, e.toB32(parts.get(1)), source);
    } else if (parts.size() == 2 && type.bytes() == 4) {
      // The source may be one of the targets only if it were 16 bits wide, which it is not.
      Slot<int[]> source = e.b32(from);
      e.emit(IntLanes::zeroExtend16, e.toB32(parts.get(0)), source);
      e.emit(ConversionLanes::highShort, e.toB32(parts.get(1)), source);
    } else if (parts.size() == 4 && type.bytes() == 8) {
      Slot<long[]> source = e.b64(from);
      Slot<int[]> half = e.registers.temporaryInt();
      for (int i = 0; i < 4; i += 2) {
        if (i == 0) {
          e.emit(ConversionLanes::longToInt, half, source);
        } else {
          e.emit(ConversionLanes::highInt, half, source);
        }
        e.emit(IntLanes::zeroExtend16, e.toB32(parts.get(i)), half);
        e.emit(ConversionLanes::highShort, e.toB32(parts.get(i + 1)), half);
      }
    } else {
      throw new Unsupported("a vector of " + parts.size() + " in " + type.bits() + " bits");
    }
  }

  private void pack(Operand to, List<Operand> parts, ScalarType type) {
    if (parts.size() == 2 && type.bytes() == 8) {
      e.emit(ConversionLanes::joinInts, e.toB64(to), e.b32(parts.get(0)), e.b32(parts.get(1)));
    } else if (parts.size() == 2 && type.bytes() == 4) {
      e.emit(ConversionLanes::joinShorts, e.toB32(to), e.b32(parts.get(0)), e.b32(parts.get(1)));
    } else if (parts.size() == 4 && type.bytes() == 8) {
      Slot<int[]> low = e.registers.temporaryInt();
      Slot<int[]> high = e.registers.temporaryInt();
      e.emit(ConversionLanes::joinShorts, low, e.b32(parts.get(0)), e.b32(parts.get(1)));
      e.emit(ConversionLanes::joinShorts, high, e.b32(parts.get(2)), e.b32(parts.get(3)));
      e.emit(ConversionLanes::joinInts, e.toB64(to), low, high);
    } else {
      throw new Unsupported("a vector of " + parts.size() + " in " + type.bits() + " bits");
    }
  }

  private void selp() {
    Decoder.allow(in);
    select(Decoder.type(in), e.predicate(operand(in, 3)));
  }

  /** {@code slct.T.C d, a, b, c}: a where c is not negative, else b; NaN counts as negative. */
  private void slct() {
    Decoder.allow(in);
    Operand c = operand(in, 3);
    int notNegative = e.registers.temporaryPredicate();
    ScalarType type = ScalarType.named(in.modifiers().get(0));
    if (in.modifiers().size() != 2 || type == null) {
      throw new Unsupported("a form without its two types");
    }
    switch (Decoder.type(in)) {
      case S32 -> {
        Slot<int[]> a = e.b32(c);
        e.emit(new Compare<>((x, y) -> bits(i -> x[i] >= 0), false, notNegative, a, a));
      }
      case F32 -> {
        Slot<float[]> a = e.f32(c);
        e.emit(new Compare<>((x, y) -> bits(i -> x[i] >= 0), false, notNegative, a, a));
      }
      default -> throw new Unsupported("a choice by ." + Decoder.type(in).spelling());
    }
    select(type, notNegative);
  }

  private static int bits(IntPredicate lane) {
    int bits = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      bits |= lane.test(i) ? 1 << i : 0;
    }
    return bits;
  }

  private void select(ScalarType type, int predicate) {
    Operand to = operand(in, 0);
    Operand a = operand(in, 1);
    Operand b = operand(in, 2);
    if (type == ScalarType.F32) {
      e.emit(new Select<>(FloatLanes::select, e.toF32(to), e.f32(a), e.f32(b), predicate));
    } else if (type == ScalarType.F64) {
      e.emit(new Select<>(DoubleLanes::select, e.toF64(to), e.f64(a), e.f64(b), predicate));
    } else if (type.bytes() == 8) {
      e.emit(new Select<>(LongLanes::select, e.toB64(to), e.b64(a), e.b64(b), predicate));
    } else {
      e.emit(
          new Select<>(
              IntLanes::select,
              e.toInteger(to, type),
              e.integer(a, type),
              e.integer(b, type),
              predicate));
    }
  }

  /** Global addresses are generic as they are; those of windows are shifted. */
  private void cvta() {
    boolean toSpace = in.has("to");
    long window = window(space());
    Slot<long[]> d = e.toB64(operand(in, 0));
    Slot<long[]> a = e.b64(operand(in, 1));
    if (window == 0) {
      e.emit(LongLanes::move, d, a);
    } else {
      e.emit(LongLanes::add, d, a, e.registers.constant(toSpace ? -window : window));
    }
  }

  private void isspacep() {
    StateSpace space = space();
    long window = window(space);
    Slot<long[]> a = e.b64(operand(in, 1));
    Compare.Test<long[]> inside =
        (lanes, same) -> {
          int bits = 0;
          for (int i = 0; i < lanes.length; i++) {
            boolean in =
                window == 0
                    ? !Windows.contains(Windows.SHARED, lanes[i])
                        && !Windows.contains(Windows.LOCAL, lanes[i])
                        && !Windows.contains(Windows.PARAM, lanes[i])
                    : Windows.contains(window, lanes[i]);
            bits |= in ? 1 << i : 0;
          }
          return bits;
        };
    if (space == StateSpace.CONST) {
      throw new Unsupported("constant memory has no window of its own");
    }
    e.emit(new Compare<>(inside, false, e.toPredicate(operand(in, 0)), a, a));
  }

  private StateSpace space() {
    for (String modifier : in.modifiers()) {
      StateSpace space = StateSpace.named(modifier);
      if (space != null) {
        return space;
      }
    }
    throw new Unsupported("it names no state space");
  }

  private static long window(StateSpace space) {
    return switch (space) {
      case SHARED -> Windows.SHARED;
      case LOCAL -> Windows.LOCAL;
      case PARAM -> Windows.PARAM;
      case GLOBAL, CONST, GENERIC -> 0;
    };
  }
}
