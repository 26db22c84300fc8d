package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.device.Approximation;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.intrinsic.Approximate;
import dev.lockstep.simulator.intrinsic.ErrorBound;
import dev.lockstep.simulator.intrinsic.Perturbation;
import dev.lockstep.simulator.op.FloatLanes;
import dev.lockstep.simulator.op.Lanes1;
import dev.lockstep.simulator.op.Lanes2;
import dev.lockstep.simulator.op.PerLane;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The approximate instructions on {@code .f32} (PTX ISA 9.7.3): exact and rounded once, or off by
 * up to their bound where the device was opened so. {@code .ftz} flushes operands and result.
 */
final class ApproximateDecoder {
  private final Instruction in;
  private final Emitter e;
  private final boolean ftz;
  private final @Nullable Perturbation perturbation;

  private ApproximateDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
    this.ftz = in.has("ftz");
    this.perturbation = perturbation(emitter);
  }

  /** The errors to add, or null. */
  static @Nullable Perturbation perturbation(Emitter emitter) {
    Approximation approximation = emitter.options.approximation();
    return approximation.perturbed() ? new Perturbation(approximation.seed()) : null;
  }

  static void decode(Instruction in, Emitter emitter) {
    Decoder.onlyType(in, ScalarType.F32);
    new ApproximateDecoder(in, emitter).decode();
  }

  private void decode() {
    if (in.opcode().equals("div")) {
      Decoder.allow(in, "approx", "full", "ftz");
      if (Decoder.required(in, "approx", "full").equals("full")) {
        quotient(ErrorBound.DIV_FULL, Approximate::divFull, Approximate::divFull);
      } else {
        quotient(ErrorBound.DIV_APPROX, Approximate::divApprox, Approximate::divApprox);
      }
      return;
    }
    Decoder.allow(in, "approx", "ftz");
    Decoder.required(in, "approx");
    switch (in.opcode()) {
      case "rcp" ->
          unary(
              ErrorBound.RCP, a -> 1 / a, Approximate::rcp, Approximate::rcp, Approximate::rcpFtz);
      case "rsqrt" ->
          unary(
              ErrorBound.RSQRT,
              a -> 1 / Math.sqrt(a),
              Approximate::rsqrt,
              Approximate::rsqrt,
              Approximate::rsqrtFtz);
      case "ex2" ->
          unary(
              ErrorBound.EX2,
              Approximate::exactEx2,
              Approximate::ex2,
              Approximate::ex2,
              Approximate::ex2Ftz);
      case "sqrt" -> unary(ErrorBound.SQRT, Math::sqrt, Approximate::sqrt, Approximate::sqrt);
      case "lg2" ->
          unary(ErrorBound.LG2, Approximate::exactLg2, Approximate::lg2, Approximate::lg2);
      case "sin" ->
          unary(ErrorBound.SIN, Approximate::exactSin, Approximate::sin, Approximate::sin);
      case "cos" ->
          unary(ErrorBound.COS, Approximate::exactCos, Approximate::cos, Approximate::cos);
      case "tanh" -> {
        if (ftz) {
          throw new Unsupported("modifier .ftz");
        }
        unary(ErrorBound.TANH, Approximate::exactTanh, Approximate::tanh, Approximate::tanh);
      }
      default -> throw new Unsupported("no approximate .f32 form is known");
    }
  }

  /** The frequent ones have a form that flushes by itself. */
  private void unary(
      ErrorBound bound,
      DoubleUnaryOperator exact,
      PerLane.Float1 rounded,
      Lanes1.Function<float[], float[]> lanes,
      Lanes1.Function<float[], float[]> flushing) {
    if (ftz && perturbation == null) {
      e.emit(flushing, d(), e.f32(operand(in, 1)));
    } else {
      unary(bound, exact, rounded, lanes);
    }
  }

  private void unary(
      ErrorBound bound,
      DoubleUnaryOperator exact,
      PerLane.Float1 rounded,
      Lanes1.Function<float[], float[]> lanes) {
    Slot<float[]> d = d();
    Perturbation errors = perturbation;
    if (errors == null) {
      e.emit(lanes, d, source(1));
    } else {
      PerLane.Float1 function =
          a ->
              errors.single(
                  bound, Float.floatToRawIntBits(a), a, exact.applyAsDouble(a), rounded.apply(a));
      e.emit(PerLane.floats(function), d, source(1));
    }
    finish(d);
  }

  private void quotient(
      ErrorBound bound, PerLane.Float2 rounded, Lanes2.Function<float[], float[], float[]> lanes) {
    Slot<float[]> d = d();
    Slot<float[]> a = source(1);
    Slot<float[]> b = source(2);
    Perturbation errors = perturbation;
    if (errors == null) {
      e.emit(lanes, d, a, b);
    } else {
      PerLane.Float2 function =
          (x, y) ->
              errors.single(
                  bound,
                  (long) Float.floatToRawIntBits(x) << 32
                      | Float.floatToRawIntBits(y) & 0xffff_ffffL,
                  Float.isInfinite(y) ? y : x,
                  (double) x / y,
                  rounded.apply(x, y));
      e.emit(PerLane.floats(function), d, a, b);
    }
    finish(d);
  }

  private Slot<float[]> d() {
    return e.toF32(operand(in, 0));
  }

  private Slot<float[]> source(int n) {
    return FloatDecoder.source(e, operand(in, n), ftz);
  }

  private void finish(Slot<float[]> d) {
    if (ftz) {
      e.emit(FloatLanes::flush, d, d);
    }
  }
}
