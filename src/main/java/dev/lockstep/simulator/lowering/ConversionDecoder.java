package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
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
import dev.lockstep.simulator.op.IntLanes;
import dev.lockstep.simulator.op.Lanes1;
import dev.lockstep.simulator.op.Lanes2;
import dev.lockstep.simulator.op.LongLanes;
import dev.lockstep.simulator.op.PerLane;
import java.util.List;

/**
 * {@code cvt} (PTX ISA 9.7.9.21). Frequent pairs of types have a loop of their own; the others go
 * through {@code long} or {@code double}, which hold every narrower value exactly.
 */
final class ConversionDecoder {
  private final Instruction in;
  private final Emitter e;
  private final ScalarType to;
  private final ScalarType from;

  private ConversionDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
    List<ScalarType> types =
        in.modifiers().stream().map(ScalarType::named).filter(t -> t != null).toList();
    if (types.size() != 2) {
      throw new Unsupported("a conversion with " + types.size() + " types");
    }
    this.to = types.get(0);
    this.from = types.get(1);
  }

  static void decode(Instruction in, Emitter emitter) {
    Decoder.allow(
        in, "rn", "rz", "rm", "rp", "rni", "rzi", "rmi", "rpi", "rna", "ftz", "sat", "relu");
    ConversionDecoder decoder = new ConversionDecoder(in, emitter);
    if (in.has("relu") && !decoder.toHalves()) {
      throw new Unsupported(".relu to ." + decoder.to.spelling());
    }
    switch (decoder.to) {
      case F16X2, BF16X2 -> decoder.packed();
      case TF32 -> decoder.toTf32();
      default -> {
        if (decoder.to.isFloat()) {
          if (decoder.from.isFloat()) {
            decoder.floatToFloat();
          } else {
            decoder.integerToFloat();
          }
        } else if (decoder.from.isFloat()) {
          decoder.floatToInteger();
        } else {
          decoder.integerToInteger();
        }
      }
    }
  }

  private boolean toHalves() {
    return switch (to) {
      case F16, BF16, F16X2, BF16X2 -> from == ScalarType.F32;
      default -> false;
    };
  }

  private void packed() {
    if (from != ScalarType.F32 || in.has("sat") || in.has("ftz")) {
      throw new Unsupported("a packed conversion other than {.rn, .rz}{.relu} from .f32");
    }
    Lanes2.Function<int[], float[], float[]> convert;
    if (rounding() != Rounding.NEAREST || in.has("relu")) {
      PerLane.DoubleToInt half = toHalfBits();
      convert = PerLane.floatsToPair(half::apply);
    } else if (to == ScalarType.F16X2) {
      convert = ConversionLanes::floatsToF16x2;
    } else {
      convert = ConversionLanes::floatsToBf16x2;
    }
    e.emit(convert, e.toB32(operand(in, 0)), e.f32(operand(in, 1)), e.f32(operand(in, 2)));
  }

  private void toTf32() {
    if (from != ScalarType.F32 || !in.has("rna")) {
      throw new Unsupported("to .tf32 only .rna from .f32 is known");
    }
    e.emit(PerLane.floatToInt(Conversions::toTf32), e.toB32(operand(in, 0)), e.f32(operand(in, 1)));
  }

  private void integerToInteger() {
    if (in.has("sat")) {
      boolean fromSigned = from.isSigned();
      int bits = to.bits();
      boolean signed = to.isSigned();
      Slot<long[]> clamped = e.registers.temporaryLong();
      e.emit(
          PerLane.longs(v -> IntegerConversions.saturate(v, fromSigned, bits, signed)),
          clamped,
          integerAsLong());
      integerResult(clamped);
    } else if (to.bytes() < 8 && from.bytes() < 8) {
      e.emit(
          new Frequent.IntMove(e.toInteger(operand(in, 0), to), e.integer(operand(in, 1), from)));
    } else if (to.bytes() == 8 && from.bytes() < 8) {
      Slot<long[]> d = e.toB64(operand(in, 0));
      Slot<int[]> a = e.integer(operand(in, 1), from);
      if (from.isSigned()) {
        e.emit(ConversionLanes::signedToLong, d, a);
      } else {
        e.emit(new Frequent.UnsignedToLong(d, a));
      }
    } else {
      integerResult(e.b64(operand(in, 1)));
    }
  }

  private void integerToFloat() {
    Rounding rounding = rounding();
    boolean nearest = rounding == Rounding.NEAREST;
    boolean signed = from.isSigned();
    if (to == ScalarType.F32 && nearest && from.bytes() < 8) {
      Slot<float[]> d = e.toF32(operand(in, 0));
      e.emit(
          signed ? ConversionLanes::signedToFloat : ConversionLanes::unsignedToFloat,
          d,
          e.integer(operand(in, 1), from));
      saturate(d);
    } else if (to == ScalarType.F32) {
      Slot<float[]> d = e.toF32(operand(in, 0));
      Lanes1.Function<float[], long[]> convert =
          nearest && signed
              ? ConversionLanes::signedLongToFloat
              : PerLane.longToFloat(v -> Conversions.toFloat(v, signed, rounding));
      e.emit(convert, d, integerAsLong());
      saturate(d);
    } else if (to == ScalarType.F64 && from.bytes() < 8) {
      e.emit(
          signed ? ConversionLanes::signedToDouble : ConversionLanes::unsignedToDouble,
          e.toF64(operand(in, 0)),
          e.integer(operand(in, 1), from));
    } else if (to == ScalarType.F64) {
      e.emit(
          PerLane.longToDouble(v -> Conversions.toDouble(v, signed, rounding)),
          e.toF64(operand(in, 0)),
          integerAsLong());
    } else {
      boolean f16 = to == ScalarType.F16;
      PerLane.LongToInt convert =
          f16
              ? v -> Conversions.toF16(v, signed, rounding)
              : v -> Conversions.toBf16(v, signed, rounding);
      refuseSaturation();
      e.emit(PerLane.longToInt(convert), e.toB32(operand(in, 0)), integerAsLong());
    }
  }

  private void floatToInteger() {
    Rounding rounding = rounding();
    if (from == ScalarType.F32 && (to == ScalarType.S32 || to == ScalarType.U32)) {
      PerLane.FloatToInt convert =
          to == ScalarType.S32
              ? v -> IntegerConversions.toS32(v, rounding)
              : v -> IntegerConversions.toU32(v, rounding);
      e.emit(PerLane.floatToInt(convert), e.toB32(operand(in, 0)), flushed(e.f32(operand(in, 1))));
      return;
    }
    int bits = to.bits();
    boolean signed = to.isSigned();
    long nan = IntegerConversions.nanResult(from == ScalarType.F64, bits, signed);
    Slot<long[]> result = e.registers.temporaryLong();
    e.emit(
        PerLane.doubleToLong(v -> IntegerConversions.toInteger(v, rounding, bits, signed, nan)),
        result,
        floatAsDouble());
    integerResult(result);
  }

  private void floatToFloat() {
    if (to == ScalarType.F32 && from != ScalarType.F64) {
      Slot<float[]> d = e.toF32(operand(in, 0));
      e.emit(sameSize(), d, flushed(floatSource()));
      finish(d);
    } else if (to == ScalarType.F32) {
      Slot<float[]> d = e.toF32(operand(in, 0));
      Rounding rounding = rounding();
      Lanes1.Function<float[], double[]> convert =
          rounding == Rounding.NEAREST
              ? ConversionLanes::doubleToFloat
              : PerLane.doubleToFloat(v -> Conversions.toFloat(v, rounding));
      e.emit(convert, d, e.f64(operand(in, 1)));
      finish(d);
    } else if (to == ScalarType.F64) {
      toDouble();
    } else {
      toHalf();
    }
  }

  private void toDouble() {
    if (from != ScalarType.F64) {
      e.emit(ConversionLanes::floatToDouble, e.toF64(operand(in, 0)), flushed(floatSource()));
      refuseSaturation();
      return;
    }
    Slot<double[]> d = e.toF64(operand(in, 0));
    Lanes1.Function<double[], double[]> round =
        switch (integral()) {
          case "rni" -> DoubleLanes::roundNearest;
          case "rzi" -> DoubleLanes::roundZero;
          case "rmi" -> DoubleLanes::roundDown;
          case "rpi" -> DoubleLanes::roundUp;
          default -> DoubleLanes::move;
        };
    e.emit(round, d, e.f64(operand(in, 1)));
    if (in.has("sat")) {
      e.emit(DoubleLanes::saturate, d, d);
    }
  }

  private void toHalf() {
    HalfFormat format = to == ScalarType.F16 ? HalfFormat.F16 : HalfFormat.BF16;
    if (!integral().isEmpty()) {
      roundHalf(format);
      return;
    }
    if (from == to && !in.has("sat")) {
      e.emit(IntLanes::move, e.toB32(operand(in, 0)), e.b32(operand(in, 1)));
      return;
    }
    if (from != ScalarType.F64 && rounding() == Rounding.NEAREST && !in.has("relu")) {
      Slot<float[]> value = flushed(floatSource());
      if (in.has("sat")) {
        Slot<float[]> clamped = e.registers.temporaryFloat();
        e.emit(FloatLanes::saturate, clamped, value);
        value = clamped;
      }
      e.emit(
          format == HalfFormat.F16 ? ConversionLanes::floatToF16 : ConversionLanes::floatToBf16,
          e.toB32(operand(in, 0)),
          value);
      return;
    }
    refuseSaturation();
    e.emit(PerLane.doubleToInt(toHalfBits()), e.toB32(operand(in, 0)), floatAsDouble());
  }

  /** Rounds to an integer that stays in its 16-bit type. */
  private void roundHalf(HalfFormat format) {
    if (from != to) {
      throw new Unsupported("rounding to an integer of another 16-bit type");
    }
    refuseSaturation();
    Rounding rounding = rounding();
    e.emit(
        PerLane.ints(a -> format.round(rounding.toIntegral(format.toFloat(a)))),
        e.toB32(operand(in, 0)),
        e.b32(operand(in, 1)));
  }

  /** One value to the bits of a half, in any direction, with {@code .relu} if asked for. */
  private PerLane.DoubleToInt toHalfBits() {
    boolean f16 = to == ScalarType.F16 || to == ScalarType.F16X2;
    Rounding rounding = rounding();
    PerLane.DoubleToInt convert =
        f16 ? v -> Conversions.toF16(v, rounding) : v -> Conversions.toBf16(v, rounding);
    HalfFormat format = f16 ? HalfFormat.F16 : HalfFormat.BF16;
    return in.has("relu") ? v -> format.relu(convert.apply(v)) : convert;
  }

  /** float to float: a rounding to integers, or nothing. */
  private Lanes1.Function<float[], float[]> sameSize() {
    return switch (integral()) {
      case "rni" -> FloatLanes::roundNearest;
      case "rzi" -> FloatLanes::roundZero;
      case "rmi" -> FloatLanes::roundDown;
      case "rpi" -> FloatLanes::roundUp;
      default -> FloatLanes::move;
    };
  }

  /** The source as float, exact, when it is narrower than 64 bits. */
  private Slot<float[]> floatSource() {
    if (from == ScalarType.F32) {
      return e.f32(operand(in, 1));
    }
    Slot<float[]> value = e.registers.temporaryFloat();
    e.emit(
        from == ScalarType.F16 ? ConversionLanes::f16ToFloat : ConversionLanes::bf16ToFloat,
        value,
        e.b32(operand(in, 1)));
    return value;
  }

  private Slot<double[]> floatAsDouble() {
    if (from == ScalarType.F64) {
      return e.f64(operand(in, 1));
    }
    Slot<double[]> value = e.registers.temporaryDouble();
    e.emit(ConversionLanes::floatToDouble, value, flushed(floatSource()));
    return value;
  }

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

  private void integerResult(Slot<long[]> value) {
    if (to.bytes() == 8) {
      e.emit(LongLanes::move, e.toB64(operand(in, 0)), value);
    } else {
      e.emit(ConversionLanes::longToInt, e.toInteger(operand(in, 0), to), value);
    }
  }

  private Slot<float[]> flushed(Slot<float[]> value) {
    if (!in.has("ftz") || from != ScalarType.F32) {
      return value;
    }
    Slot<float[]> flushed = e.registers.temporaryFloat();
    e.emit(FloatLanes::flush, flushed, value);
    return flushed;
  }

  private void finish(Slot<float[]> d) {
    if (in.has("ftz")) {
      e.emit(FloatLanes::flush, d, d);
    }
    saturate(d);
  }

  private void saturate(Slot<float[]> d) {
    if (in.has("sat")) {
      e.emit(FloatLanes::saturate, d, d);
    }
  }

  private void refuseSaturation() {
    if (in.has("sat")) {
      throw new Unsupported("saturation to ." + to.spelling());
    }
  }

  private String integral() {
    for (String modifier : in.modifiers()) {
      switch (modifier) {
        case "rni", "rzi", "rmi", "rpi" -> {
          return modifier;
        }
        default -> {}
      }
    }
    return "";
  }

  private Rounding rounding() {
    for (String modifier : in.modifiers()) {
      if (modifier.length() >= 2
          && modifier.charAt(0) == 'r'
          && ScalarType.named(modifier) == null
          && !modifier.equals("rna")
          && !modifier.equals("relu")) {
        return Rounding.of(modifier);
      }
    }
    return Rounding.NEAREST;
  }
}
