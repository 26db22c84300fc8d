package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.intrinsic.DirectedRounding;
import dev.lockstep.simulator.intrinsic.FloatOps;
import dev.lockstep.simulator.intrinsic.Rounding;
import dev.lockstep.simulator.op.Compare;
import dev.lockstep.simulator.op.ConversionLanes;
import dev.lockstep.simulator.op.FloatLanes;
import dev.lockstep.simulator.op.Frequent;
import dev.lockstep.simulator.op.Lanes1;
import dev.lockstep.simulator.op.Lanes2;
import dev.lockstep.simulator.op.PerLane;

/**
 * Floating-point instructions on {@code .f32} (PTX ISA 9.7.3), and those that add to an {@code
 * .f32} what is narrower (9.7.5). {@code .ftz} is a step before that flushes the operands and one
 * behind that flushes the result; {@code .sat} is a step behind.
 */
final class FloatDecoder {
  private final Instruction in;
  private final Emitter e;
  private final boolean ftz;

  /** What the narrower operands are, {@code .f32} if none is. */
  private final ScalarType narrow;

  private FloatDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
    this.ftz = in.has("ftz");
    this.narrow = Decoder.type(in);
  }

  static void decode(Instruction in, Emitter emitter) {
    FloatDecoder decoder = new FloatDecoder(in, emitter);
    if (decoder.narrow != ScalarType.F32) {
      decoder.mixed();
      return;
    }
    Decoder.onlyType(in);
    if (in.has("approx") || in.has("full")) {
      ApproximateDecoder.decode(in, emitter);
    } else {
      decoder.decode();
    }
  }

  private void decode() {
    switch (in.opcode()) {
      case "add" -> sum(Frequent.FloatAdd::new, DirectedRounding::add);
      case "sub" -> sum(Frequent.FloatSub::new, (a, b, r) -> DirectedRounding.add(a, -b, r));
      case "mul" -> sum(Frequent.FloatMul::new, DirectedRounding::mul);
      case "fma", "mad" -> {
        Decoder.allow(in, "rn", "rz", "rm", "rp", "ftz", "sat");
        Decoder.required(in, "rn", "rz", "rm", "rp");
        fma(source(1), source(2));
      }
      case "div" -> {
        rounded();
        binary(lanes(FloatLanes::div), DirectedRounding::div);
      }
      case "rcp" -> {
        rounded();
        unary(FloatLanes::rcp, (a, r) -> DirectedRounding.div(1, a, r));
      }
      case "sqrt" -> {
        rounded();
        unary(FloatLanes::sqrt, DirectedRounding::sqrt);
      }
      case "min", "max" -> extremum(in.opcode().equals("max"));
      case "copysign" -> {
        Decoder.allow(in);
        binary(lanes(FloatLanes::copySign));
      }
      case "abs" -> {
        Decoder.allow(in, "ftz");
        unary(FloatLanes::abs);
      }
      case "neg" -> {
        Decoder.allow(in, "ftz");
        unary(FloatLanes::neg);
      }
      case "testp" -> testp();
      default -> throw new Unsupported("no .f32 form without .approx is known");
    }
  }

  /** {@code add.f32.f16 d, a, c} and the like: what is narrower widens exactly. */
  private void mixed() {
    Decoder.allow(in, "rn", "rz", "rm", "rp", "sat");
    switch (in.opcode()) {
      case "add" -> binary(Frequent.FloatAdd::new, DirectedRounding::add, widened(1), source(2));
      case "sub" ->
          binary(
              Frequent.FloatSub::new,
              (a, b, r) -> DirectedRounding.add(a, -b, r),
              widened(1),
              source(2));
      case "fma" -> {
        Decoder.required(in, "rn", "rz", "rm", "rp");
        fma(widened(1), widened(2));
      }
      default -> throw new Unsupported("no form of mixed precision is known");
    }
  }

  private Slot<float[]> widened(int n) {
    Slot<float[]> value = e.registers.temporaryFloat();
    e.emit(
        narrow == ScalarType.F16 ? ConversionLanes::f16ToFloat : ConversionLanes::bf16ToFloat,
        value,
        e.b32(operand(in, n)));
    return value;
  }

  private void sum(Frequent.Make2<float[], float[], float[]> nearest, Directed2 directed) {
    Decoder.allow(in, "rn", "rz", "rm", "rp", "ftz", "sat");
    binary(nearest, directed);
  }

  private void rounded() {
    Decoder.allow(in, "rn", "rz", "rm", "rp", "ftz");
    Decoder.required(in, "rn", "rz", "rm", "rp");
  }

  /** The form to nearest is its own loop; the other directions are computed lane by lane. */
  private void binary(Frequent.Make2<float[], float[], float[]> nearest, Directed2 directed) {
    binary(nearest, directed, source(1), source(2));
  }

  private void binary(
      Frequent.Make2<float[], float[], float[]> nearest,
      Directed2 directed,
      Slot<float[]> x,
      Slot<float[]> y) {
    Rounding rounding = rounding(in);
    Slot<float[]> d = e.toF32(operand(in, 0));
    if (rounding == Rounding.NEAREST) {
      e.emit(nearest.make(d, x, y));
    } else {
      PerLane.Float2 function = (a, b) -> directed.apply(a, b, rounding);
      e.emit(PerLane.floats(function), d, x, y);
    }
    finish(d);
  }

  private void binary(Frequent.Make2<float[], float[], float[]> maker) {
    Slot<float[]> d = e.toF32(operand(in, 0));
    e.emit(maker.make(d, source(1), source(2)));
    finish(d);
  }

  private static Frequent.Make2<float[], float[], float[]> lanes(
      Lanes2.Function<float[], float[], float[]> function) {
    return (d, a, b) -> new Lanes2<>(function, d, a, b);
  }

  private void unary(Lanes1.Function<float[], float[]> nearest, Directed1 directed) {
    Rounding rounding = rounding(in);
    if (rounding == Rounding.NEAREST) {
      unary(nearest);
    } else {
      PerLane.Float1 function = a -> directed.apply(a, rounding);
      unary(PerLane.floats(function));
    }
  }

  private void unary(Lanes1.Function<float[], float[]> function) {
    Slot<float[]> d = e.toF32(operand(in, 0));
    e.emit(function, d, source(1));
    finish(d);
  }

  private void fma(Slot<float[]> x, Slot<float[]> y) {
    Rounding rounding = rounding(in);
    Slot<float[]> d = e.toF32(operand(in, 0));
    Slot<float[]> z = source(3);
    if (rounding == Rounding.NEAREST) {
      e.emit(new Frequent.FloatFma(d, x, y, z));
    } else {
      PerLane.Float3 function = (a, b, c) -> DirectedRounding.fma(a, b, c, rounding);
      e.emit(PerLane.floats(function), d, x, y, z);
    }
    finish(d);
  }

  /** {@code min} and {@code max} of two, or with three operands of three. */
  private void extremum(boolean max) {
    Decoder.allow(in, "ftz", "NaN", "xorsign", "abs");
    boolean nan = in.has("NaN");
    boolean three = in.operands().size() > 3;
    boolean xorSign = in.has("xorsign");
    if (xorSign ? three || !in.has("abs") : in.has("abs") && !three) {
      throw new Unsupported(".abs goes with .xorsign and two operands, or alone with three");
    }
    PerLane.Float2 function =
        max ? nan ? FloatOps::maxNaN : FloatOps::max : nan ? FloatOps::minNaN : FloatOps::min;
    if (xorSign) {
      PerLane.Float2 signed = (a, b) -> FloatOps.xorSign(a, b, function.apply(abs(a), abs(b)));
      binary(lanes(PerLane.floats(signed)));
    } else if (three) {
      PerLane.Float3 ofThree =
          in.has("abs")
              ? (a, b, c) -> function.apply(function.apply(abs(a), abs(b)), abs(c))
              : (a, b, c) -> function.apply(function.apply(a, b), c);
      Slot<float[]> d = e.toF32(operand(in, 0));
      e.emit(PerLane.floats(ofThree), d, source(1), source(2), source(3));
      finish(d);
    } else if (max) {
      binary(nan ? lanes(FloatLanes::maxNaN) : Frequent.FloatMax::new);
    } else {
      binary(lanes(nan ? FloatLanes::minNaN : FloatLanes::min));
    }
  }

  private static float abs(float a) {
    return Math.abs(a);
  }

  private void testp() {
    PerLane.FloatTest test =
        switch (Decoder.required(in, DoubleDecoder.PROPERTIES)) {
          case "finite" -> Float::isFinite;
          case "infinite" -> Float::isInfinite;
          case "number" -> a -> !Float.isNaN(a);
          case "notanumber" -> a -> Float.isNaN(a);
          // The manual counts zeros among the normal numbers.
          case "normal" -> a -> Float.isFinite(a) && (a == 0 || Math.abs(a) >= Float.MIN_NORMAL);
          case "subnormal" -> a -> a != 0 && Math.abs(a) < Float.MIN_NORMAL;
          default -> throw new Unsupported("no such test");
        };
    Decoder.allow(in, DoubleDecoder.PROPERTIES);
    Slot<float[]> a = e.f32(operand(in, 1));
    e.emit(new Compare<>(PerLane.test(test), false, e.toPredicate(operand(in, 0)), a, a));
  }

  private Slot<float[]> source(int n) {
    return source(e, operand(in, n), ftz);
  }

  /**
   * What an instruction reads of an operand.
   *
   * @param ftz whether subnormals count as zeros
   */
  static Slot<float[]> source(Emitter e, Operand operand, boolean ftz) {
    Slot<float[]> value = e.f32(operand);
    if (!ftz) {
      return value;
    }
    Slot<float[]> flushed = e.registers.temporaryFloat();
    e.emit(FloatLanes::flush, flushed, value);
    return flushed;
  }

  private void finish(Slot<float[]> d) {
    if (ftz) {
      e.emit(FloatLanes::flush, d, d);
    }
    if (in.has("sat")) {
      e.emit(FloatLanes::saturate, d, d);
    }
  }

  /** The direction an instruction names, to nearest if none. */
  static Rounding rounding(Instruction in) {
    return Rounding.of(Decoder.choice(in, "rn", "rz", "rm", "rp"));
  }

  private interface Directed1 {
    float apply(float a, Rounding rounding);
  }

  private interface Directed2 {
    float apply(float a, float b, Rounding rounding);
  }
}
