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

  private HalfDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
    ScalarType type = Decoder.type(in);
    this.format =
        type == ScalarType.F16 || type == ScalarType.F16X2 ? HalfFormat.F16 : HalfFormat.BF16;
    this.pair = type.bytes() == 4;
  }

  static void decode(Instruction in, Emitter emitter) {
    Decoder.allow(in, "rn", "NaN");
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

  private void unary(PerLane.Int1 f) {
    PerLane.Int1 lanes =
        pair ? a -> HalfPairs.pack(f.apply(HalfFormat.lower(a)), f.apply(HalfFormat.upper(a))) : f;
    e.emit(PerLane.ints(lanes), target(), source(1));
  }

  private void binary(PerLane.Int2 f) {
    PerLane.Int2 lanes =
        pair
            ? (a, b) ->
                HalfPairs.pack(
                    f.apply(HalfFormat.lower(a), HalfFormat.lower(b)),
                    f.apply(HalfFormat.upper(a), HalfFormat.upper(b)))
            : f;
    e.emit(PerLane.ints(lanes), target(), source(1), source(2));
  }

  private void ternary(PerLane.Int3 f) {
    PerLane.Int3 lanes =
        pair
            ? (a, b, c) ->
                HalfPairs.pack(
                    f.apply(HalfFormat.lower(a), HalfFormat.lower(b), HalfFormat.lower(c)),
                    f.apply(HalfFormat.upper(a), HalfFormat.upper(b), HalfFormat.upper(c)))
            : f;
    e.emit(PerLane.ints(lanes), target(), source(1), source(2), source(3));
  }

  private Slot<int[]> target() {
    return e.toB32(operand(in, 0));
  }

  private Slot<int[]> source(int n) {
    return e.b32(operand(in, n));
  }
}
