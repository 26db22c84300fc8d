package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.intrinsic.Approximate;
import dev.lockstep.simulator.intrinsic.DirectedDouble;
import dev.lockstep.simulator.intrinsic.Rounding;
import dev.lockstep.simulator.op.Compare;
import dev.lockstep.simulator.op.DoubleLanes;
import dev.lockstep.simulator.op.Lanes1;
import dev.lockstep.simulator.op.Lanes2;
import dev.lockstep.simulator.op.PerLane;

/** Floating-point instructions on {@code .f64} (PTX ISA 9.7.3). */
final class DoubleDecoder {
  /** What {@code testp} can ask. */
  static final String[] PROPERTIES = {
    "finite", "infinite", "number", "notanumber", "normal", "subnormal"
  };

  private final Instruction in;
  private final Emitter e;

  private DoubleDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
  }

  static void decode(Instruction in, Emitter emitter) {
    Decoder.onlyType(in, ScalarType.F64);
    new DoubleDecoder(in, emitter).decode();
  }

  private void decode() {
    switch (in.opcode()) {
      case "add" -> binary(DoubleLanes::add, DirectedDouble::add);
      case "sub" -> binary(DoubleLanes::sub, (a, b, r) -> DirectedDouble.add(a, -b, r));
      case "mul" -> binary(DoubleLanes::mul, DirectedDouble::mul);
      case "fma", "mad" -> fma();
      case "div" -> {
        rounded();
        binary(DoubleLanes::div, DirectedDouble::div);
      }
      case "rcp" -> {
        if (in.has("approx")) {
          Decoder.allow(in, "approx", "ftz");
          Decoder.required(in, "ftz");
          PerLane.Double1 upper = Approximate::rcpUpper;
          unary(PerLane.doubles(upper));
        } else {
          rounded();
          unary(DoubleLanes::rcp, (a, r) -> DirectedDouble.div(1, a, r));
        }
      }
      case "rsqrt" -> {
        Decoder.allow(in, "approx", "ftz");
        Decoder.required(in, "approx");
        PerLane.Double1 function = in.has("ftz") ? Approximate::rsqrtUpper : Approximate::rsqrt;
        unary(PerLane.doubles(function));
      }
      case "sqrt" -> {
        rounded();
        unary(DoubleLanes::sqrt, DirectedDouble::sqrt);
      }
      case "min" -> plainBinary(DoubleLanes::min);
      case "max" -> plainBinary(DoubleLanes::max);
      case "copysign" -> plainBinary(DoubleLanes::copySign);
      case "abs" -> plainUnary(DoubleLanes::abs);
      case "neg" -> plainUnary(DoubleLanes::neg);
      case "testp" -> testp();
      default -> throw new Unsupported("no .f64 form is known");
    }
  }

  private void rounded() {
    Decoder.required(in, "rn", "rz", "rm", "rp");
  }

  private void binary(Lanes2.Function<double[], double[], double[]> nearest, Directed2 directed) {
    Decoder.allow(in, "rn", "rz", "rm", "rp");
    Rounding rounding = FloatDecoder.rounding(in);
    if (rounding == Rounding.NEAREST) {
      emit(nearest);
    } else {
      PerLane.Double2 function = (a, b) -> directed.apply(a, b, rounding);
      emit(PerLane.doubles(function));
    }
  }

  private void unary(Lanes1.Function<double[], double[]> nearest, Directed1 directed) {
    Decoder.allow(in, "rn", "rz", "rm", "rp");
    Rounding rounding = FloatDecoder.rounding(in);
    if (rounding == Rounding.NEAREST) {
      unary(nearest);
    } else {
      PerLane.Double1 function = a -> directed.apply(a, rounding);
      unary(PerLane.doubles(function));
    }
  }

  private void fma() {
    Decoder.allow(in, "rn", "rz", "rm", "rp");
    rounded();
    Rounding rounding = FloatDecoder.rounding(in);
    PerLane.Double3 directed = (a, b, c) -> DirectedDouble.fma(a, b, c, rounding);
    e.emit(
        rounding == Rounding.NEAREST ? DoubleLanes::fma : PerLane.doubles(directed),
        e.toF64(operand(in, 0)),
        e.f64(operand(in, 1)),
        e.f64(operand(in, 2)),
        e.f64(operand(in, 3)));
  }

  private void testp() {
    Decoder.allow(in, PROPERTIES);
    PerLane.DoubleTest test =
        switch (Decoder.required(in, PROPERTIES)) {
          case "finite" -> Double::isFinite;
          case "infinite" -> Double::isInfinite;
          case "number" -> a -> !Double.isNaN(a);
          case "notanumber" -> a -> Double.isNaN(a);
          // The manual counts zeros among the normal numbers.
          case "normal" -> a -> Double.isFinite(a) && (a == 0 || Math.abs(a) >= Double.MIN_NORMAL);
          case "subnormal" -> a -> a != 0 && Math.abs(a) < Double.MIN_NORMAL;
          default -> throw new Unsupported("no such test");
        };
    Slot<double[]> a = e.f64(operand(in, 1));
    e.emit(new Compare<>(PerLane.test(test), false, e.toPredicate(operand(in, 0)), a, a));
  }

  private void plainBinary(Lanes2.Function<double[], double[], double[]> function) {
    Decoder.allow(in);
    emit(function);
  }

  private void plainUnary(Lanes1.Function<double[], double[]> function) {
    Decoder.allow(in);
    unary(function);
  }

  private void emit(Lanes2.Function<double[], double[], double[]> function) {
    e.emit(function, e.toF64(operand(in, 0)), e.f64(operand(in, 1)), e.f64(operand(in, 2)));
  }

  private void unary(Lanes1.Function<double[], double[]> function) {
    e.emit(function, e.toF64(operand(in, 0)), e.f64(operand(in, 1)));
  }

  private interface Directed1 {
    double apply(double a, Rounding rounding);
  }

  private interface Directed2 {
    double apply(double a, double b, Rounding rounding);
  }
}
