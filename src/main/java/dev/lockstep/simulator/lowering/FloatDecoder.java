package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.intrinsic.Approximate;
import dev.lockstep.simulator.intrinsic.DirectedRounding;
import dev.lockstep.simulator.intrinsic.FloatOps;
import dev.lockstep.simulator.intrinsic.Rounding;
import dev.lockstep.simulator.op.Compare;
import dev.lockstep.simulator.op.DoubleLanes;
import dev.lockstep.simulator.op.FloatLanes;
import dev.lockstep.simulator.op.Frequent;
import dev.lockstep.simulator.op.Lanes1;
import dev.lockstep.simulator.op.Lanes2;
import dev.lockstep.simulator.op.PerLane;

/**
 * Floating-point instructions on {@code .f32} and {@code .f64} (PTX ISA 9.7.3). {@code .ftz} is a
 * step before that flushes the operands and one behind that flushes the result; {@code .sat} is a
 * step behind.
 */
final class FloatDecoder {
  private final Instruction in;
  private final Emitter e;
  private final boolean ftz;

  private FloatDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
    this.ftz = in.has("ftz");
  }

  static void decode(Instruction in, Emitter emitter) {
    Decoder.allow(
        in,
        "rn",
        "rz",
        "rm",
        "rp",
        "ftz",
        "sat",
        "approx",
        "full",
        "NaN",
        "finite",
        "infinite",
        "number",
        "notanumber",
        "normal",
        "subnormal");
    FloatDecoder decoder = new FloatDecoder(in, emitter);
    switch (Decoder.type(in)) {
      case F32 -> decoder.single();
      case F64 -> decoder.wide();
      default -> throw new Unsupported("type ." + Decoder.type(in).spelling());
    }
  }

  private void single() {
    switch (in.opcode()) {
      case "add" -> binary(Frequent.FloatAdd::new, DirectedRounding::add);
      case "sub" -> binary(Frequent.FloatSub::new, (a, b, r) -> DirectedRounding.add(a, -b, r));
      case "mul" -> binary(Frequent.FloatMul::new, DirectedRounding::mul);
      case "fma", "mad" -> fma();
      case "div" -> {
        if (in.has("full")) {
          binary(PerLane.floats(Approximate::divFull));
        } else if (in.has("approx")) {
          binary(PerLane.floats(Approximate::divApprox));
        } else {
          binary(lanes(FloatLanes::div), DirectedRounding::div);
        }
      }
      case "min" -> binary(in.has("NaN") ? FloatLanes::minNaN : FloatLanes::min);
      case "max" -> binary(in.has("NaN") ? lanes(FloatLanes::maxNaN) : Frequent.FloatMax::new);
      case "copysign" -> binary(FloatLanes::copySign);
      case "abs" -> unary(FloatLanes::abs);
      case "neg" -> unary(FloatLanes::neg);
      case "rcp" -> {
        if (in.has("approx")) {
          approximate(Approximate::rcp, Approximate::rcpFtz);
        } else {
          unary(FloatLanes::rcp, (a, r) -> DirectedRounding.div(1, a, r));
        }
      }
      case "sqrt" -> {
        if (in.has("approx")) {
          unary(PerLane.floats(Approximate::sqrt));
        } else {
          unary(FloatLanes::sqrt, DirectedRounding::sqrt);
        }
      }
      case "rsqrt" -> approximate(Approximate::rsqrt, Approximate::rsqrtFtz);
      case "ex2" -> approximate(Approximate::ex2, Approximate::ex2Ftz);
      case "lg2" -> unary(PerLane.floats(Approximate::lg2));
      case "sin" -> unary(PerLane.floats(Approximate::sin));
      case "cos" -> unary(PerLane.floats(Approximate::cos));
      case "tanh" -> unary(PerLane.floats(Approximate::tanh));
      case "testp" -> testp();
      default -> throw new Unsupported("no .f32 form is known");
    }
  }

  private void wide() {
    if (in.has("rz") || in.has("rm") || in.has("rp") || in.has("approx")) {
      throw new Unsupported("of .f64 only .rn is known");
    }
    switch (in.opcode()) {
      case "add" -> wideBinary(DoubleLanes::add);
      case "sub" -> wideBinary(DoubleLanes::sub);
      case "mul" -> wideBinary(DoubleLanes::mul);
      case "div" -> wideBinary(DoubleLanes::div);
      case "min" -> wideBinary(PerLane.doubles(FloatOps::min));
      case "max" -> wideBinary(PerLane.doubles(FloatOps::max));
      case "copysign" -> wideBinary(PerLane.doubles(FloatOps::copySign));
      case "fma", "mad" ->
          e.emit(
              DoubleLanes::fma,
              e.toF64(operand(in, 0)),
              e.f64(operand(in, 1)),
              e.f64(operand(in, 2)),
              e.f64(operand(in, 3)));
      case "abs" -> wideUnary(DoubleLanes::abs);
      case "neg" -> wideUnary(DoubleLanes::neg);
      case "rcp" -> wideUnary(DoubleLanes::rcp);
      case "sqrt" -> wideUnary(DoubleLanes::sqrt);
      default -> throw new Unsupported("no .f64 form is known");
    }
  }

  /** The form to nearest is its own loop; the other directions are computed lane by lane. */
  private void binary(Frequent.Make2<float[], float[], float[]> nearest, Directed2 directed) {
    Rounding rounding = rounding();
    if (rounding == Rounding.NEAREST) {
      binary(nearest);
    } else {
      binary(PerLane.floats((a, b) -> directed.apply(a, b, rounding)));
    }
  }

  private void binary(Lanes2.Function<float[], float[], float[]> function) {
    binary(lanes(function));
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
    Rounding rounding = rounding();
    if (rounding == Rounding.NEAREST) {
      unary(nearest);
    } else {
      unary(PerLane.floats(a -> directed.apply(a, rounding)));
    }
  }

  /** The frequent approximations have a form that flushes by itself. */
  private void approximate(
      Lanes1.Function<float[], float[]> plain, Lanes1.Function<float[], float[]> flushing) {
    Slot<float[]> d = e.toF32(operand(in, 0));
    e.emit(ftz ? flushing : plain, d, e.f32(operand(in, 1)));
  }

  private void unary(Lanes1.Function<float[], float[]> function) {
    Slot<float[]> d = e.toF32(operand(in, 0));
    e.emit(function, d, source(1));
    finish(d);
  }

  private void fma() {
    Rounding rounding = rounding();
    Slot<float[]> d = e.toF32(operand(in, 0));
    Slot<float[]> x = source(1);
    Slot<float[]> y = source(2);
    Slot<float[]> z = source(3);
    if (rounding == Rounding.NEAREST) {
      e.emit(new Frequent.FloatFma(d, x, y, z));
    } else {
      e.emit(PerLane.floats((a, b, c) -> DirectedRounding.fma(a, b, c, rounding)), d, x, y, z);
    }
    finish(d);
  }

  private void testp() {
    Compare.Test<float[]> test =
        switch (in.modifiers().get(0)) {
          case "finite" -> test(Float::isFinite);
          case "infinite" -> test(Float::isInfinite);
          case "number" -> test(a -> !Float.isNaN(a));
          case "notanumber" -> test(a -> Float.isNaN(a));
          case "normal" -> test(a -> Float.isFinite(a) && Math.abs(a) >= Float.MIN_NORMAL);
          case "subnormal" -> test(a -> a != 0 && Math.abs(a) < Float.MIN_NORMAL);
          default -> throw new Unsupported("no such test");
        };
    Slot<float[]> a = e.f32(operand(in, 1));
    e.emit(new Compare<>(test, false, e.toPredicate(operand(in, 0)), a, a));
  }

  private static Compare.Test<float[]> test(Property property) {
    return (a, b) -> {
      int bits = 0;
      for (int i = 0; i < a.length; i++) {
        bits |= property.holds(a[i]) ? 1 << i : 0;
      }
      return bits;
    };
  }

  private void wideBinary(Lanes2.Function<double[], double[], double[]> function) {
    e.emit(function, e.toF64(operand(in, 0)), e.f64(operand(in, 1)), e.f64(operand(in, 2)));
  }

  private void wideUnary(Lanes1.Function<double[], double[]> function) {
    e.emit(function, e.toF64(operand(in, 0)), e.f64(operand(in, 1)));
  }

  private Slot<float[]> source(int n) {
    Slot<float[]> value = e.f32(operand(in, n));
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

  private Rounding rounding() {
    for (String modifier : in.modifiers()) {
      switch (modifier) {
        case "rn", "rz", "rm", "rp" -> {
          return Rounding.of(modifier);
        }
        default -> {}
      }
    }
    return Rounding.NEAREST;
  }

  private interface Directed1 {
    float apply(float a, Rounding rounding);
  }

  private interface Directed2 {
    float apply(float a, float b, Rounding rounding);
  }

  private interface Property {
    boolean holds(float a);
  }
}
