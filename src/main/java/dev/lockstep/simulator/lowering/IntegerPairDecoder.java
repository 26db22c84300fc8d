package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.intrinsic.HalfPairs;
import dev.lockstep.simulator.op.PerLane;

/** {@code add}, {@code min} and {@code max} on two 16-bit integers in a 32-bit register. */
final class IntegerPairDecoder {
  private IntegerPairDecoder() {}

  static void decode(Instruction in, Emitter e) {
    ScalarType type = Decoder.onlyType(in, ScalarType.S16X2, ScalarType.U16X2);
    boolean signed = type == ScalarType.S16X2;
    PerLane.Int2 function =
        switch (in.opcode()) {
          case "add" -> {
            Decoder.allow(in);
            yield Integer::sum;
          }
          case "min" -> relu(in, signed, Math::min);
          case "max" -> relu(in, signed, Math::max);
          default -> throw new Unsupported("no form on pairs of 16-bit integers is known");
        };
    e.emit(
        PerLane.ints((a, b) -> halves(function, signed, a, b)),
        e.toB32(operand(in, 0)),
        e.b32(operand(in, 1)),
        e.b32(operand(in, 2)));
  }

  private static PerLane.Int2 relu(Instruction in, boolean signed, PerLane.Int2 function) {
    if (!in.has("relu")) {
      Decoder.allow(in);
      return function;
    }
    Decoder.allow(in, "relu");
    if (!signed) {
      throw new Unsupported(".relu of unsigned numbers");
    }
    return (a, b) -> Math.max(function.apply(a, b), 0);
  }

  private static int halves(PerLane.Int2 function, boolean signed, int a, int b) {
    if (signed) {
      return HalfPairs.pack(function.apply((short) a, (short) b), function.apply(a >> 16, b >> 16));
    }
    return HalfPairs.pack(
        function.apply(a & 0xffff, b & 0xffff), function.apply(a >>> 16, b >>> 16));
  }
}
