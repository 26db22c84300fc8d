package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.intrinsic.Conversions;
import dev.lockstep.simulator.intrinsic.HalfFormat;
import dev.lockstep.simulator.intrinsic.IntegerConversions;
import dev.lockstep.simulator.intrinsic.Rounding;
import dev.lockstep.simulator.op.ConversionLanes;
import dev.lockstep.simulator.op.DoubleLanes;
import dev.lockstep.simulator.op.FloatLanes;
import dev.lockstep.simulator.op.Frequent;
import dev.lockstep.simulator.op.Lanes1;
import dev.lockstep.simulator.op.LongLanes;
import dev.lockstep.simulator.op.PerLane;

/**
 * {@code cvt} from or to integers. Frequent pairs of types have a loop of their own; the others go
 * through {@code long} or {@code double}, which hold every narrower value exactly.
 */
final class IntegerConversion {
  private final Instruction in;
  private final Emitter e;
  private final ScalarType to;
  private final ScalarType from;
  private final Sources sources;

  IntegerConversion(Instruction in, Emitter emitter, ScalarType to, ScalarType from) {
    this.in = in;
    this.e = emitter;
    this.to = to;
    this.from = from;
    this.sources = new Sources(in, emitter, from);
  }

  void toInteger() {
    if (in.has("sat")) {
      boolean fromSigned = from.isSigned();
      int bits = to.bits();
      boolean signed = to.isSigned();
      Slot<long[]> clamped = e.registers.temporaryLong();
      PerLane.Long1 clamp = v -> IntegerConversions.saturate(v, fromSigned, bits, signed);
      e.emit(PerLane.longs(clamp), clamped, integerAsLong());
      result(clamped);
    } else if (to.bytes() < 8 && from.bytes() < 8 && !hasWideTarget()) {
      e.emit(
          new Frequent.IntMove(e.toInteger(operand(in, 0), to), e.integer(operand(in, 1), from)));
    } else if (to.bytes() == 8 && from.bytes() < 8) {
      Slot<long[]> d = e.toB64(operand(in, 0), to.isSigned());
      Slot<int[]> a = e.integer(operand(in, 1), from);
      if (from.isSigned()) {
        e.emit(ConversionLanes::signedToLong, d, a);
      } else {
        e.emit(new Frequent.UnsignedToLong(d, a));
      }
    } else {
      result(integerAsLong());
    }
  }

  void toFloat() {
    Rounding rounding = FloatDecoder.rounding(in);
    boolean nearest = rounding == Rounding.NEAREST;
    boolean signed = from.isSigned();
    switch (to) {
      case F32 -> {
        Slot<float[]> d = e.toF32(operand(in, 0));
        if (nearest && from.bytes() < 8) {
          e.emit(
              signed ? ConversionLanes::signedToFloat : ConversionLanes::unsignedToFloat,
              d,
              e.integer(operand(in, 1), from));
        } else {
          PerLane.LongToFloat directed = v -> Conversions.toFloat(v, signed, rounding);
          Lanes1.Function<float[], long[]> convert =
              nearest && signed
                  ? ConversionLanes::signedLongToFloat
                  : PerLane.longToFloat(directed);
          e.emit(convert, d, integerAsLong());
        }
        // No integer is subnormal, so .ftz has nothing to flush.
        if (in.has("sat")) {
          e.emit(FloatLanes::saturate, d, d);
        }
      }
      case F64 -> {
        Slot<double[]> d = e.toF64(operand(in, 0));
        if (from.bytes() < 8) {
          e.emit(
              signed ? ConversionLanes::signedToDouble : ConversionLanes::unsignedToDouble,
              d,
              e.integer(operand(in, 1), from));
        } else {
          PerLane.LongToDouble convert = v -> Conversions.toDouble(v, signed, rounding);
          e.emit(PerLane.longToDouble(convert), d, integerAsLong());
        }
        if (in.has("sat")) {
          e.emit(DoubleLanes::saturate, d, d);
        }
      }
      default -> {
        PerLane.LongToInt convert =
            to == ScalarType.F16
                ? v -> Conversions.toF16(v, signed, rounding)
                : v -> Conversions.toBf16(v, signed, rounding);
        PerLane.LongToInt function =
            in.has("sat") ? v -> HalfFormat.F16.saturate(convert.apply(v)) : convert;
        e.emit(PerLane.longToInt(function), e.toB32(operand(in, 0)), integerAsLong());
      }
    }
  }

  /** Clamps to the integer type's range, whether or not {@code .sat} is written. */
  void fromFloat() {
    Rounding rounding = Rounding.of(Decoder.required(in, "rni", "rzi", "rmi", "rpi"));
    if (from == ScalarType.F32 && to.bytes() == 4 && !hasWideTarget()) {
      e.emit(wordFromSingle(rounding), e.toB32(operand(in, 0)), sources.single());
      return;
    }
    int bits = to.bits();
    boolean signed = to.isSigned();
    long nan = IntegerConversions.nanResult(from == ScalarType.F64, bits, signed);
    Slot<long[]> value = e.registers.temporaryLong();
    PerLane.DoubleToLong convert =
        v -> IntegerConversions.toInteger(v, rounding, bits, signed, nan);
    e.emit(PerLane.doubleToLong(convert), value, sources.wide());
    result(value);
  }

  private Lanes1.Function<int[], float[]> wordFromSingle(Rounding rounding) {
    if (to == ScalarType.U32) {
      PerLane.FloatToInt directed = v -> IntegerConversions.toU32(v, rounding);
      return rounding == Rounding.ZERO
          ? ConversionLanes::floatToUnsigned
          : PerLane.floatToInt(directed);
    }
    PerLane.FloatToInt directed = v -> IntegerConversions.toS32(v, rounding);
    return switch (rounding) {
      case ZERO -> ConversionLanes::floatToSigned;
      case NEAREST -> ConversionLanes::floatToNearestSigned;
      case DOWN, UP -> PerLane.floatToInt(directed);
    };
  }

  /** The source as its type reads it. */
  private Slot<long[]> integerAsLong() {
    if (from.bytes() == 8) {
      return e.b64(operand(in, 1));
    }
    Slot<long[]> value = e.registers.temporaryLong();
    e.emit(
        from.isSigned() ? ConversionLanes::signedToLong : ConversionLanes::unsignedToLong,
        value,
        e.integer(operand(in, 1), from));
    return value;
  }

  private void result(Slot<long[]> value) {
    if (to.bytes() == 8) {
      e.emit(LongLanes::move, e.toB64(operand(in, 0), to.isSigned()), value);
    } else if (hasWideTarget()) {
      int bits = to.bits();
      boolean signed = to.isSigned();
      PerLane.Long1 extend = v -> IntegerConversions.extend(v, bits, signed);
      e.emit(PerLane.longs(extend), e.toB64(operand(in, 0), to.isSigned()), value);
    } else {
      e.emit(ConversionLanes::longToInt, e.toInteger(operand(in, 0), to), value);
    }
  }

  /** A narrow result in a register of 64 bits is extended to all of them. */
  private boolean hasWideTarget() {
    return operand(in, 0) instanceof Operand.Reg(Register r)
        && r.type().bytes() >= 8
        && to.bytes() < 8;
  }

  /** The source of a conversion that begins with a float, {@code .ftz} applied. */
  static final class Sources {
    private final Instruction in;
    private final Emitter e;
    private final ScalarType from;

    Sources(Instruction in, Emitter emitter, ScalarType from) {
      this.in = in;
      this.e = emitter;
      this.from = from;
    }

    /** As float, exact; not for {@code .f64}. */
    Slot<float[]> single() {
      if (from != ScalarType.F32) {
        Slot<float[]> value = e.registers.temporaryFloat();
        e.emit(
            from == ScalarType.F16 ? ConversionLanes::f16ToFloat : ConversionLanes::bf16ToFloat,
            value,
            e.b32(operand(in, 1)));
        return value;
      }
      return FloatDecoder.source(e, operand(in, 1), in.has("ftz"));
    }

    /** As double, exact. */
    Slot<double[]> wide() {
      if (from == ScalarType.F64) {
        return e.f64(operand(in, 1));
      }
      Slot<double[]> value = e.registers.temporaryDouble();
      e.emit(ConversionLanes::floatToDouble, value, single());
      return value;
    }
  }
}
