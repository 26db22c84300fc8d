package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.intrinsic.Approximate;
import dev.lockstep.simulator.intrinsic.ErrorBound;
import dev.lockstep.simulator.intrinsic.HalfFormat;
import dev.lockstep.simulator.intrinsic.HalfPairs;
import dev.lockstep.simulator.intrinsic.Perturbation;
import dev.lockstep.simulator.op.HalfLanes;
import dev.lockstep.simulator.op.PerLane;
import java.util.function.DoubleUnaryOperator;

/** Arithmetic on {@code .f16}, {@code .bf16} and pairs of them (PTX ISA 9.7.4). */
final class HalfDecoder {
  private final Instruction in;
  private final Emitter e;
  private final HalfFormat format;
  private final boolean pair;
  private final boolean ftz;
  private final boolean saturate;
  private final boolean relu;

  private HalfDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
    ScalarType type = Decoder.onlyType(in);
    this.format =
        type == ScalarType.F16 || type == ScalarType.F16X2 ? HalfFormat.F16 : HalfFormat.BF16;
    this.pair = type.bytes() == 4;
    this.ftz = in.has("ftz");
    this.saturate = in.has("sat");
    this.relu = in.has("relu");
  }

  static void decode(Instruction in, Emitter emitter) {
    new HalfDecoder(in, emitter).decode();
  }

  private void decode() {
    switch (in.opcode()) {
      case "add" -> {
        allow("rn", "ftz", "sat");
        if (isPlain()) {
          e.emit(
              pair ? HalfLanes.addPairs(format) : HalfLanes.add(format),
              target(),
              register(1),
              register(2));
        } else {
          binary(format::add);
        }
      }
      case "sub" -> {
        allow("rn", "ftz", "sat");
        binary(format::sub);
      }
      case "mul" -> {
        allow("rn", "ftz", "sat");
        if (isPlain()) {
          e.emit(
              pair ? HalfLanes.mulPairs(format) : HalfLanes.mul(format),
              target(),
              register(1),
              register(2));
        } else {
          binary(format::mul);
        }
      }
      case "fma" -> {
        if (in.has("oob")) {
          throw new Unsupported(".oob, for which the manual would have to say what its NaN is");
        }
        allow("rn", "ftz", "sat", "relu");
        Decoder.required(in, "rn");
        Decoder.choice(in, "", "sat", "relu");
        if (isPlain()) {
          e.emit(
              pair ? HalfLanes.fmaPairs(format) : HalfLanes.fma(format),
              target(),
              register(1),
              register(2),
              register(3));
        } else {
          ternary(format::fma);
        }
      }
      case "min", "max" -> extremum(in.opcode().equals("max"));
      case "neg" -> {
        allow("ftz");
        unary(format::neg);
      }
      case "abs" -> {
        allow("ftz");
        unary(format::abs);
      }
      case "ex2" -> {
        Decoder.allow(in, "approx", "ftz");
        Decoder.required(in, "approx");
        boolean f16 = format == HalfFormat.F16;
        if (f16 == ftz) {
          throw new Unsupported(f16 ? "modifier .ftz" : "a form without .ftz");
        }
        approximate(f16 ? ErrorBound.EX2_F16 : ErrorBound.EX2_BF16, Approximate::exactEx2);
      }
      case "tanh" -> {
        Decoder.allow(in, "approx");
        Decoder.required(in, "approx");
        approximate(
            format == HalfFormat.F16 ? ErrorBound.TANH_F16 : ErrorBound.TANH_BF16,
            Approximate::exactTanh);
      }
      default -> throw new Unsupported("no 16-bit floating form is known");
    }
  }

  /** Whether nothing happens to operands and results. */
  private boolean isPlain() {
    return !ftz && !saturate && !relu;
  }

  /** Of these, {@code .bf16} knows neither flushing nor saturation to [0, 1]. */
  private void allow(String... modifiers) {
    Decoder.allow(in, modifiers);
    if (format == HalfFormat.BF16 && (ftz || saturate)) {
      throw new Unsupported((ftz ? ".ftz" : ".sat") + " of .bf16");
    }
  }

  private void extremum(boolean max) {
    allow("ftz", "NaN", "xorsign", "abs");
    boolean nan = in.has("NaN");
    PerLane.Int2 function =
        max ? nan ? format::maxNaN : format::max : nan ? format::minNaN : format::min;
    boolean xorSign = in.has("xorsign");
    if (xorSign != in.has("abs")) {
      throw new Unsupported(".xorsign and .abs without each other");
    }
    binary(
        xorSign
            ? (a, b) -> format.xorSign(a, b, function.apply(format.abs(a), format.abs(b)))
            : function);
  }

  private void approximate(ErrorBound bound, DoubleUnaryOperator exact) {
    Perturbation errors = ApproximateDecoder.perturbation(e);
    unary(
        a -> {
          double value = exact.applyAsDouble(format.toFloat(a));
          int rounded = format.round(value);
          return errors == null ? rounded : errors.half(bound, format, a, value, rounded);
        });
  }

  private void unary(PerLane.Int1 exact) {
    PerLane.Int1 f = a -> finish(exact.apply(source(a)));
    PerLane.Int1 lanes =
        pair ? a -> HalfPairs.pack(f.apply(HalfFormat.lower(a)), f.apply(HalfFormat.upper(a))) : f;
    e.emit(PerLane.ints(lanes), target(), register(1));
  }

  private void binary(PerLane.Int2 exact) {
    PerLane.Int2 f = (a, b) -> finish(exact.apply(source(a), source(b)));
    PerLane.Int2 lanes =
        pair
            ? (a, b) ->
                HalfPairs.pack(
                    f.apply(HalfFormat.lower(a), HalfFormat.lower(b)),
                    f.apply(HalfFormat.upper(a), HalfFormat.upper(b)))
            : f;
    e.emit(PerLane.ints(lanes), target(), register(1), register(2));
  }

  private void ternary(PerLane.Int3 exact) {
    PerLane.Int3 f = (a, b, c) -> finish(exact.apply(source(a), source(b), source(c)));
    PerLane.Int3 lanes =
        pair
            ? (a, b, c) ->
                HalfPairs.pack(
                    f.apply(HalfFormat.lower(a), HalfFormat.lower(b), HalfFormat.lower(c)),
                    f.apply(HalfFormat.upper(a), HalfFormat.upper(b), HalfFormat.upper(c)))
            : f;
    e.emit(PerLane.ints(lanes), target(), register(1), register(2), register(3));
  }

  private Slot<int[]> target() {
    return e.toB32(operand(in, 0));
  }

  private Slot<int[]> register(int n) {
    Operand operand = operand(in, n);
    if (operand instanceof Operand.FloatLiteral) {
      throw new Unsupported("a literal of 16 bits");
    }
    return e.b32(operand);
  }

  /** One operand, flushed if the instruction says so. */
  private int source(int bits) {
    return ftz ? format.flush(bits) : bits;
  }

  /** One result, with what the instruction's modifiers do to it. */
  private int finish(int exact) {
    int bits = ftz ? format.flush(exact) : exact;
    if (relu) {
      return format.relu(bits);
    }
    return saturate ? format.saturate(bits) : bits;
  }
}
