package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.intrinsic.HalfFormat;
import dev.lockstep.simulator.op.Compare;
import dev.lockstep.simulator.op.ConversionLanes;
import dev.lockstep.simulator.op.DoubleLanes;
import dev.lockstep.simulator.op.FloatLanes;
import dev.lockstep.simulator.op.IntLanes;
import dev.lockstep.simulator.op.LongLanes;
import dev.lockstep.simulator.op.PerLane;
import java.util.List;

/** What {@code setp} and {@code set} have in common: one comparison into a predicate. */
final class Comparisons {
  static final String[] OPERATORS = {
    "eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ", "neu", "ltu", "leu", "gtu",
    "geu", "num", "nan"
  };

  private static final List<String> OF_SIGNED = List.of("eq", "ne", "lt", "le", "gt", "ge");
  private static final List<String> OF_UNSIGNED =
      List.of("eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs");
  private static final List<String> OF_BITS = List.of("eq", "ne");

  private final Emitter e;
  private final ScalarType type;
  private final String operator;
  private final boolean ftz;

  /**
   * @param type of the operands
   */
  Comparisons(Instruction in, Emitter emitter, ScalarType type) {
    this.e = emitter;
    this.type = type;
    this.operator = Decoder.required(in, OPERATORS);
    this.ftz = in.has("ftz");
    boolean flushes =
        switch (type) {
          case F32, F16, F16X2 -> true;
          default -> false;
        };
    if (ftz && !flushes) {
      throw new Unsupported(".ftz of ." + type.spelling());
    }
  }

  /** Compares single values. */
  void compare(int p, Operand a, Operand b) {
    e.emit(
        switch (type) {
          case F32 -> floats(p, single(a), single(b));
          case F64 -> doubles(p, e.f64(a), e.f64(b));
          case F16, BF16 -> floats(p, half(e.b32(a)), half(e.b32(b)));
          case B64, U64, S64 -> longs(p, e.b64(a), e.b64(b));
          case B16, U16, S16, B32, U32, S32 -> ints(p, e.integer(a, type), e.integer(b, type));
          default -> throw new Unsupported("comparison of ." + type.spelling());
        });
  }

  /** Compares the lower halves of packed pairs into one predicate, the upper into the other. */
  void comparePairs(int lower, int upper, Operand a, Operand b) {
    Slot<int[]> x = e.b32(a);
    Slot<int[]> y = e.b32(b);
    e.emit(floats(lower, half(x), half(y)));
    e.emit(floats(upper, half(upperHalf(x)), half(upperHalf(y))));
  }

  private Slot<int[]> upperHalf(Slot<int[]> pair) {
    Slot<int[]> half = e.registers.temporaryInt();
    e.emit(ConversionLanes::highShort, half, pair);
    return half;
  }

  private Slot<float[]> single(Operand operand) {
    return FloatDecoder.source(e, operand, ftz);
  }

  private Slot<float[]> half(Slot<int[]> bits) {
    Slot<float[]> value = e.registers.temporaryFloat();
    if (type == ScalarType.BF16 || type == ScalarType.BF16X2) {
      e.emit(ConversionLanes::bf16ToFloat, value, bits);
    } else if (ftz) {
      PerLane.IntToFloat flush = a -> HalfFormat.F16.toFloat(HalfFormat.F16.flush(a));
      e.emit(PerLane.intToFloat(flush), value, bits);
    } else {
      e.emit(ConversionLanes::f16ToFloat, value, bits);
    }
    return value;
  }

  /** Greater is less with operands exchanged; the unordered forms deny the opposite ordered one. */
  private Op floats(int p, Slot<float[]> a, Slot<float[]> b) {
    return switch (operator) {
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
      default -> throw refused();
    };
  }

  private Op doubles(int p, Slot<double[]> a, Slot<double[]> b) {
    return switch (operator) {
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
      default -> throw refused();
    };
  }

  private Op ints(int p, Slot<int[]> a, Slot<int[]> b) {
    checkInteger();
    Compare.Test<int[]> less = type.isSigned() ? IntLanes::less : IntLanes::below;
    Compare.Test<int[]> notMore = type.isSigned() ? IntLanes::lessOrEqual : IntLanes::belowOrEqual;
    return switch (operator) {
      case "eq" -> new Compare<>(IntLanes::equal, false, p, a, b);
      case "ne" -> new Compare<>(IntLanes::equal, true, p, a, b);
      case "lt", "lo" -> new Compare<>(less, false, p, a, b);
      case "le", "ls" -> new Compare<>(notMore, false, p, a, b);
      case "gt", "hi" -> new Compare<>(less, false, p, b, a);
      case "ge", "hs" -> new Compare<>(notMore, false, p, b, a);
      default -> throw refused();
    };
  }

  private Op longs(int p, Slot<long[]> a, Slot<long[]> b) {
    checkInteger();
    Compare.Test<long[]> less = type.isSigned() ? LongLanes::less : LongLanes::below;
    Compare.Test<long[]> notMore =
        type.isSigned() ? LongLanes::lessOrEqual : LongLanes::belowOrEqual;
    return switch (operator) {
      case "eq" -> new Compare<>(LongLanes::equal, false, p, a, b);
      case "ne" -> new Compare<>(LongLanes::equal, true, p, a, b);
      case "lt", "lo" -> new Compare<>(less, false, p, a, b);
      case "le", "ls" -> new Compare<>(notMore, false, p, a, b);
      case "gt", "hi" -> new Compare<>(less, false, p, b, a);
      case "ge", "hs" -> new Compare<>(notMore, false, p, b, a);
      default -> throw refused();
    };
  }

  private void checkInteger() {
    List<String> allowed =
        switch (type) {
          case B16, B32, B64 -> OF_BITS;
          case S16, S32, S64 -> OF_SIGNED;
          default -> OF_UNSIGNED;
        };
    if (!allowed.contains(operator)) {
      throw refused();
    }
  }

  private Unsupported refused() {
    return new Unsupported("comparison ." + operator + " of ." + type.spelling());
  }
}
