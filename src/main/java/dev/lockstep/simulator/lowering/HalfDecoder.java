package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.intrinsic.HalfFormat;
import dev.lockstep.simulator.intrinsic.HalfPairs;
import dev.lockstep.simulator.op.PerLane;

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
    ScalarType type = Decoder.type(in);
    this.format =
        type == ScalarType.F16 || type == ScalarType.F16X2 ? HalfFormat.F16 : HalfFormat.BF16;
    this.pair = type.bytes() == 4;
    this.ftz = in.has("ftz");
    this.saturate = in.has("sat");
    this.relu = in.has("relu");
  }

  static void decode(Instruction in, Emitter emitter) {
    Decoder.allow(in, "rn", "NaN", "ftz", "sat", "relu");
    new HalfDecoder(in, emitter).decode();
  }

  private void decode() {
    boolean nan = in.has("NaN");
    switch (in.opcode()) {
      case "add" -> binary(format::add);
      // a − b is a + (−b), bit for bit.
      case "sub" -> binary((a, b) -> format.add(a, format.neg(b)));
      case "mul" -> binary(format::mul);
      case "fma" -> ternary(format::fma);
      case "min" -> binary(nan ? format::minNaN : format::min);
      case "max" -> binary(nan ? format::maxNaN : format::max);
      case "neg" -> unary(format::neg);
      case "abs" -> unary(format::abs);
      default -> throw new Unsupported("no 16-bit floating form is known");
    }
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
    return e.b32(operand(in, n));
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
