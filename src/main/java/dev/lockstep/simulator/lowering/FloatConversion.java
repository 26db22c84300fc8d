package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.intrinsic.Conversions;
import dev.lockstep.simulator.intrinsic.HalfFormat;
import dev.lockstep.simulator.intrinsic.Rounding;
import dev.lockstep.simulator.op.ConversionLanes;
import dev.lockstep.simulator.op.DoubleLanes;
import dev.lockstep.simulator.op.FloatLanes;
import dev.lockstep.simulator.op.IntLanes;
import dev.lockstep.simulator.op.Lanes1;
import dev.lockstep.simulator.op.PerLane;

/** {@code cvt} between {@code .f16}, {@code .bf16}, {@code .f32} and {@code .f64}. */
final class FloatConversion {
  private final Instruction in;
  private final Emitter e;
  private final ScalarType to;
  private final ScalarType from;
  private final IntegerConversion.Sources sources;

  FloatConversion(Instruction in, Emitter emitter, ScalarType to, ScalarType from) {
    this.in = in;
    this.e = emitter;
    this.to = to;
    this.from = from;
    this.sources = new IntegerConversion.Sources(in, emitter, from);
  }

  void decode() {
    switch (to) {
      case F32 -> toSingle();
      case F64 -> toDouble();
      default -> toHalf(to == ScalarType.F16 ? HalfFormat.F16 : HalfFormat.BF16);
    }
  }

  private void toSingle() {
    Slot<float[]> d = e.toF32(operand(in, 0));
    if (from == ScalarType.F64) {
      Rounding rounding = FloatDecoder.rounding(in);
      PerLane.DoubleToFloat directed = v -> Conversions.toFloat(v, rounding);
      e.emit(
          rounding == Rounding.NEAREST
              ? ConversionLanes::doubleToFloat
              : PerLane.doubleToFloat(directed),
          d,
          e.f64(operand(in, 1)));
    } else {
      Lanes1.Function<float[], float[]> round =
          switch (integral()) {
            case "rni" -> FloatLanes::roundNearest;
            case "rzi" -> FloatLanes::roundZero;
            case "rmi" -> FloatLanes::roundDown;
            case "rpi" -> FloatLanes::roundUp;
            default -> FloatLanes::move;
          };
      e.emit(round, d, sources.single());
    }
    if (in.has("ftz")) {
      e.emit(FloatLanes::flush, d, d);
    }
    if (in.has("sat")) {
      e.emit(FloatLanes::saturate, d, d);
    }
  }

  private void toDouble() {
    Slot<double[]> d = e.toF64(operand(in, 0));
    Lanes1.Function<double[], double[]> round =
        switch (integral()) {
          case "rni" -> DoubleLanes::roundNearest;
          case "rzi" -> DoubleLanes::roundZero;
          case "rmi" -> DoubleLanes::roundDown;
          case "rpi" -> DoubleLanes::roundUp;
          default -> DoubleLanes::move;
        };
    if (from == ScalarType.F64) {
      e.emit(round, d, e.f64(operand(in, 1)));
    } else {
      e.emit(ConversionLanes::floatToDouble, d, sources.single());
    }
    if (in.has("sat")) {
      e.emit(DoubleLanes::saturate, d, d);
    }
  }

  private void toHalf(HalfFormat format) {
    Slot<int[]> d = e.toB32(operand(in, 0));
    if (from == to) {
      Slot<int[]> a = e.b32(operand(in, 1));
      String integral = integral();
      if (integral.isEmpty() && !in.has("sat")) {
        e.emit(IntLanes::move, d, a);
        return;
      }
      Rounding rounding = integral.isEmpty() ? Rounding.NEAREST : Rounding.of(integral);
      PerLane.Int1 round =
          integral.isEmpty()
              ? bits -> bits
              : bits -> format.round(rounding.toIntegral(format.toFloat(bits)));
      PerLane.Int1 function = in.has("sat") ? bits -> format.saturate(round.apply(bits)) : round;
      e.emit(PerLane.ints(function), d, a);
      return;
    }
    Rounding rounding = FloatDecoder.rounding(in);
    boolean clamps = in.has("relu") || in.has("satfinite") || in.has("sat");
    if (from != ScalarType.F64 && rounding == Rounding.NEAREST && !clamps) {
      e.emit(
          format == HalfFormat.F16 ? ConversionLanes::floatToF16 : ConversionLanes::floatToBf16,
          d,
          sources.single());
    } else {
      e.emit(PerLane.doubleToInt(toBits(in, format, rounding)), d, sources.wide());
    }
  }

  /** One value to the bits of a half, in any direction, clamped as the instruction says. */
  static PerLane.DoubleToInt toBits(Instruction in, HalfFormat format, Rounding rounding) {
    PerLane.DoubleToInt rounded =
        format == HalfFormat.F16
            ? v -> Conversions.toF16(v, rounding)
            : v -> Conversions.toBf16(v, rounding);
    PerLane.DoubleToInt finite =
        in.has("satfinite") ? v -> format.saturateFinite(rounded.apply(v)) : rounded;
    if (in.has("relu")) {
      return v -> format.relu(finite.apply(v));
    }
    return in.has("sat") ? v -> format.saturate(finite.apply(v)) : finite;
  }

  private String integral() {
    return Decoder.choice(in, "", "rni", "rzi", "rmi", "rpi");
  }
}
