package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.intrinsic.Float8;
import dev.lockstep.simulator.intrinsic.HalfFormat;
import dev.lockstep.simulator.intrinsic.HalfPairs;
import dev.lockstep.simulator.intrinsic.Rounding;
import dev.lockstep.simulator.intrinsic.Tf32;
import dev.lockstep.simulator.op.ConversionLanes;
import dev.lockstep.simulator.op.Lanes2;
import dev.lockstep.simulator.op.PerLane;

/**
 * {@code cvt} with packed pairs and with tensor-core formats. Sources go to the UPPER half first.
 */
final class PackedConversion {
  private PackedConversion() {}

  static void decode(Instruction in, Emitter e, ScalarType to, ScalarType from) {
    switch (to) {
      case F16X2 -> {
        switch (from) {
          case F32 -> toHalves(in, e, HalfFormat.F16);
          case E4M3X2 -> fromFloat8(in, e, Float8.E4M3);
          case E5M2X2 -> fromFloat8(in, e, Float8.E5M2);
          default -> throw refused(to, from);
        }
      }
      case BF16X2 -> {
        if (from != ScalarType.F32) {
          throw refused(to, from);
        }
        toHalves(in, e, HalfFormat.BF16);
      }
      case E4M3X2 -> toFloat8(in, e, Float8.E4M3, from);
      case E5M2X2 -> toFloat8(in, e, Float8.E5M2, from);
      default -> throw refused(to, from);
    }
  }

  private static void toHalves(Instruction in, Emitter e, HalfFormat format) {
    Decoder.allow(in, "rn", "rz", "relu", "satfinite");
    Decoder.required(in, "rn", "rz");
    Rounding rounding = FloatDecoder.rounding(in);
    Lanes2.Function<int[], float[], float[]> convert;
    if (rounding != Rounding.NEAREST || in.has("relu") || in.has("satfinite")) {
      PerLane.DoubleToInt half = FloatConversion.toBits(in, format, rounding);
      convert = PerLane.floatsToPair(half::apply);
    } else if (format == HalfFormat.F16) {
      convert = ConversionLanes::floatsToF16x2;
    } else {
      convert = ConversionLanes::floatsToBf16x2;
    }
    e.emit(convert, e.toB32(operand(in, 0)), e.f32(operand(in, 1)), e.f32(operand(in, 2)));
  }

  private static void toFloat8(Instruction in, Emitter e, Float8 format, ScalarType from) {
    Decoder.allow(in, "rn", "relu", "satfinite");
    Decoder.required(in, "rn");
    Decoder.required(in, "satfinite");
    boolean relu = in.has("relu");
    if (from == ScalarType.F32) {
      Lanes2.Function<int[], float[], float[]> convert =
          (d, a, b) -> {
            for (int i = 0; i < d.length; i++) {
              d[i] = Float8.pack(format.round(b[i], relu), format.round(a[i], relu));
            }
          };
      e.emit(convert, e.toB32(operand(in, 0)), e.f32(operand(in, 1)), e.f32(operand(in, 2)));
    } else if (from == ScalarType.F16X2) {
      PerLane.Int1 convert =
          pair ->
              Float8.pack(
                  format.round(HalfPairs.lowerF16(pair), relu),
                  format.round(HalfPairs.upperF16(pair), relu));
      e.emit(PerLane.ints(convert), e.toB32(operand(in, 0)), e.b32(operand(in, 1)));
    } else {
      throw refused(Decoder.types(in).getFirst(), from);
    }
  }

  private static void fromFloat8(Instruction in, Emitter e, Float8 format) {
    Decoder.allow(in, "rn", "relu");
    Decoder.required(in, "rn");
    boolean relu = in.has("relu");
    PerLane.Int1 half =
        bits -> {
          int wide = format.toF16(bits);
          return relu ? HalfFormat.F16.relu(wide) : wide;
        };
    PerLane.Int1 convert =
        pair -> HalfPairs.pack(half.apply(pair & 0xff), half.apply(pair >> 8 & 0xff));
    e.emit(PerLane.ints(convert), e.toB32(operand(in, 0)), e.b32(operand(in, 1)));
  }

  /** {@code cvt.rna{.satfinite}.tf32.f32} and {@code cvt.{rn,rz}{.satfinite}{.relu}.tf32.f32}. */
  static void toTf32(Instruction in, Emitter e, ScalarType from) {
    Decoder.allow(in, "rn", "rz", "rna", "relu", "satfinite");
    if (from != ScalarType.F32) {
      throw refused(ScalarType.TF32, from);
    }
    Tf32 rounding =
        switch (Decoder.required(in, "rn", "rz", "rna")) {
          case "rn" -> Tf32.TIES_TO_EVEN;
          case "rz" -> Tf32.TOWARD_ZERO;
          default -> Tf32.TIES_AWAY;
        };
    boolean relu = in.has("relu");
    boolean finite = in.has("satfinite");
    if (relu && rounding == Tf32.TIES_AWAY) {
      throw new Unsupported(".relu with .rna");
    }
    PerLane.FloatToInt convert = a -> rounding.round(a, relu, finite);
    e.emit(PerLane.floatToInt(convert), e.toB32(operand(in, 0)), e.f32(operand(in, 1)));
  }

  private static Unsupported refused(ScalarType to, ScalarType from) {
    return new Unsupported("." + from.spelling() + " to ." + to.spelling());
  }
}
