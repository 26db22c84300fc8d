package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.op.Compare;
import dev.lockstep.simulator.op.ConversionLanes;
import dev.lockstep.simulator.op.DoubleLanes;
import dev.lockstep.simulator.op.FloatLanes;
import dev.lockstep.simulator.op.IntLanes;
import dev.lockstep.simulator.op.LongLanes;
import dev.lockstep.simulator.op.PredicateOp;
import dev.lockstep.simulator.op.Select;
import org.jspecify.annotations.Nullable;

/** {@code setp} and {@code set}: comparisons (PTX ISA 9.7.6, 9.7.7). */
final class CompareDecoder {
  private final Instruction in;
  private final Emitter e;

  private CompareDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
  }

  static void decode(Instruction in, Emitter emitter) {
    Decoder.allow(
        in, "eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ", "neu", "ltu", "leu",
        "gtu", "geu", "num", "nan", "and", "or", "xor", "ftz");
    CompareDecoder decoder = new CompareDecoder(in, emitter);
    if (in.opcode().equals("setp")) {
      decoder.setp();
    } else {
      decoder.set();
    }
  }

  /** {@code setp.cmp[.bool].type p[|q], a, b [, c]}: q is the complement of the comparison. */
  private void setp() {
    Operand first = operand(in, 0);
    Operand second = null;
    if (first instanceof Operand.Pair(Operand p, Operand q)) {
      first = p;
      second = q;
    }
    int p = e.toPredicate(first);
    PredicateOp.Kind combine = combination();
    if (combine == null && second == null) {
      e.emit(comparison(p, Decoder.type(in)));
      return;
    }
    int result = e.registers.temporaryPredicate();
    e.emit(comparison(result, Decoder.type(in)));
    // A copy: p may be the register that c is, and q needs it after p is written.
    int with = e.registers.temporaryPredicate();
    if (combine != null) {
      e.emit(new PredicateOp(PredicateOp.Kind.MOVE, with, e.predicate(operand(in, 3)), 0));
    }
    PredicateOp.Kind kind = combine == null ? PredicateOp.Kind.MOVE : combine;
    e.emit(new PredicateOp(kind, p, result, with));
    if (second != null) {
      int opposite = e.registers.temporaryPredicate();
      e.emit(new PredicateOp(PredicateOp.Kind.NOT, opposite, result, 0));
      e.emit(new PredicateOp(kind, e.toPredicate(second), opposite, with));
    }
  }

  /** {@code set.cmp.dtype.type d, a, b}: all ones or 1.0 for true. */
  private void set() {
    if (combination() != null) {
      throw new Unsupported("set with a boolean operand");
    }
    ScalarType to = ScalarType.named(in.modifiers().get(in.modifiers().size() - 2));
    int result = e.registers.temporaryPredicate();
    e.emit(comparison(result, Decoder.type(in)));
    if (to == ScalarType.F32) {
      e.emit(
          new Select<>(
              FloatLanes::select,
              e.toF32(operand(in, 0)),
              e.registers.constant(1f),
              e.registers.constant(0f),
              result));
    } else {
      e.emit(
          new Select<>(
              IntLanes::select,
              e.toB32(operand(in, 0)),
              e.registers.constant(-1),
              e.registers.constant(0),
              result));
    }
  }

  private PredicateOp.@Nullable Kind combination() {
    if (in.has("and")) {
      return PredicateOp.Kind.AND;
    }
    if (in.has("or")) {
      return PredicateOp.Kind.OR;
    }
    return in.has("xor") ? PredicateOp.Kind.XOR : null;
  }

  private Op comparison(int p, ScalarType type) {
    Operand a = operand(in, 1);
    Operand b = operand(in, 2);
    return switch (type) {
      case F32 -> floats(p, flushed(e.f32(a)), flushed(e.f32(b)));
      case F64 -> doubles(p, e.f64(a), e.f64(b));
      case F16 -> floats(p, half(a), half(b));
      case BF16 -> floats(p, brainHalf(a), brainHalf(b));
      case B64, U64, S64 -> longs(p, e.b64(a), e.b64(b), type.isSigned());
      case B16, U16, S16, B32, U32, S32 ->
          ints(p, e.integer(a, type), e.integer(b, type), type.isSigned());
      default -> throw new Unsupported("comparison of ." + type.spelling());
    };
  }

  private Slot<float[]> flushed(Slot<float[]> value) {
    if (!in.has("ftz")) {
      return value;
    }
    Slot<float[]> flushed = e.registers.temporaryFloat();
    e.emit(FloatLanes::flush, flushed, value);
    return flushed;
  }

  private Slot<float[]> half(Operand operand) {
    Slot<float[]> value = e.registers.temporaryFloat();
    e.emit(ConversionLanes::f16ToFloat, value, e.b32(operand));
    return value;
  }

  private Slot<float[]> brainHalf(Operand operand) {
    Slot<float[]> value = e.registers.temporaryFloat();
    e.emit(ConversionLanes::bf16ToFloat, value, e.b32(operand));
    return value;
  }

  /** Greater is less with operands exchanged; the unordered forms deny the opposite ordered one. */
  private Op floats(int p, Slot<float[]> a, Slot<float[]> b) {
    return switch (in.modifiers().get(0)) {
      case "eq" -> new Compare<>(FloatLanes::equal, false, p, a, b);
      case "ne" -> new Compare<>(FloatLanes::lessOrGreater, false, p, a, b);
      case "lt" -> new Compare<>(FloatLanes::less, false, p, a, b);
      case "le" -> new Compare<>(FloatLanes::lessOrEqual, false, p, a, b);
      case "gt" -> new Compare<>(FloatLanes::less, false, p, b, a);
      case "ge" -> new Compare<>(FloatLanes::lessOrEqual, false, p, b, a);
      case "equ" -> new Compare<>(FloatLanes::lessOrGreater, true, p, a, b);
      case "neu" -> new Compare<>(FloatLanes::equal, true, p, a, b);
      case "ltu" -> new Compare<>(FloatLanes::lessOrEqual, true, p, b, a);
      case "leu" -> new Compare<>(FloatLanes::less, true, p, b, a);
      case "gtu" -> new Compare<>(FloatLanes::lessOrEqual, true, p, a, b);
      case "geu" -> new Compare<>(FloatLanes::less, true, p, a, b);
      case "num" -> new Compare<>(FloatLanes::ordered, false, p, a, b);
      case "nan" -> new Compare<>(FloatLanes::ordered, true, p, a, b);
      default -> throw new Unsupported("comparison ." + in.modifiers().get(0));
    };
  }

  private Op doubles(int p, Slot<double[]> a, Slot<double[]> b) {
    return switch (in.modifiers().get(0)) {
      case "eq" -> new Compare<>(DoubleLanes::equal, false, p, a, b);
      case "ne" -> new Compare<>(DoubleLanes::lessOrGreater, false, p, a, b);
      case "lt" -> new Compare<>(DoubleLanes::less, false, p, a, b);
      case "le" -> new Compare<>(DoubleLanes::lessOrEqual, false, p, a, b);
      case "gt" -> new Compare<>(DoubleLanes::less, false, p, b, a);
      case "ge" -> new Compare<>(DoubleLanes::lessOrEqual, false, p, b, a);
      case "equ" -> new Compare<>(DoubleLanes::lessOrGreater, true, p, a, b);
      case "neu" -> new Compare<>(DoubleLanes::equal, true, p, a, b);
      case "ltu" -> new Compare<>(DoubleLanes::lessOrEqual, true, p, b, a);
      case "leu" -> new Compare<>(DoubleLanes::less, true, p, b, a);
      case "gtu" -> new Compare<>(DoubleLanes::lessOrEqual, true, p, a, b);
      case "geu" -> new Compare<>(DoubleLanes::less, true, p, a, b);
      case "num" -> new Compare<>(DoubleLanes::ordered, false, p, a, b);
      case "nan" -> new Compare<>(DoubleLanes::ordered, true, p, a, b);
      default -> throw new Unsupported("comparison ." + in.modifiers().get(0));
    };
  }

  private Op ints(int p, Slot<int[]> a, Slot<int[]> b, boolean signed) {
    Compare.Test<int[]> less = signed ? IntLanes::less : IntLanes::below;
    Compare.Test<int[]> notMore = signed ? IntLanes::lessOrEqual : IntLanes::belowOrEqual;
    return switch (in.modifiers().get(0)) {
      case "eq" -> new Compare<>(IntLanes::equal, false, p, a, b);
      case "ne" -> new Compare<>(IntLanes::equal, true, p, a, b);
      case "lt", "lo" -> new Compare<>(less, false, p, a, b);
      case "le", "ls" -> new Compare<>(notMore, false, p, a, b);
      case "gt", "hi" -> new Compare<>(less, false, p, b, a);
      case "ge", "hs" -> new Compare<>(notMore, false, p, b, a);
      default -> throw new Unsupported("comparison ." + in.modifiers().get(0));
    };
  }

  private Op longs(int p, Slot<long[]> a, Slot<long[]> b, boolean signed) {
    Compare.Test<long[]> less = signed ? LongLanes::less : LongLanes::below;
    Compare.Test<long[]> notMore = signed ? LongLanes::lessOrEqual : LongLanes::belowOrEqual;
    return switch (in.modifiers().get(0)) {
      case "eq" -> new Compare<>(LongLanes::equal, false, p, a, b);
      case "ne" -> new Compare<>(LongLanes::equal, true, p, a, b);
      case "lt", "lo" -> new Compare<>(less, false, p, a, b);
      case "le", "ls" -> new Compare<>(notMore, false, p, a, b);
      case "gt", "hi" -> new Compare<>(less, false, p, b, a);
      case "ge", "hs" -> new Compare<>(notMore, false, p, b, a);
      default -> throw new Unsupported("comparison ." + in.modifiers().get(0));
    };
  }
}
