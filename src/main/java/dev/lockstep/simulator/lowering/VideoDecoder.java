package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.intrinsic.PackedIntegers;
import dev.lockstep.simulator.op.PerLane;
import java.util.List;

/**
 * SIMD video instructions (PTX ISA 9.7.17): two 16-bit or four 8-bit integers in a register,
 * without selectors and masks. {@code d} takes every lane of the result, or with {@code .add} c and
 * the sum of the lanes.
 */
final class VideoDecoder {
  private VideoDecoder() {}

  static void decode(Instruction in, Emitter e) {
    Decoder.allow(in, "sat", "add");
    Arity.check(in);
    List<ScalarType> types = Decoder.types(in);
    List<ScalarType> allowed = List.of(ScalarType.U32, ScalarType.S32);
    if (types.size() != 3 || !allowed.containsAll(types)) {
      throw new Unsupported("types other than three of .u32 and .s32");
    }
    boolean accumulate = in.has("add");
    if (accumulate && in.has("sat")) {
      throw new Unsupported(".sat and .add together");
    }
    String name = in.opcode().substring(0, in.opcode().length() - 1);
    int bits = in.opcode().endsWith("4") ? 8 : 16;
    PackedIntegers lanes =
        new PackedIntegers(
            bits,
            types.get(1).isSigned(),
            types.get(2).isSigned(),
            types.get(0).isSigned(),
            in.has("sat"));
    PerLane.Int2 one =
        switch (name) {
          case "vadd" -> Integer::sum;
          case "vsub" -> (a, b) -> a - b;
          case "vavrg" -> PackedIntegers::average;
          case "vabsdiff" -> (a, b) -> Math.abs(a - b);
          case "vmin" -> Math::min;
          case "vmax" -> Math::max;
          default -> throw new Unsupported("the instruction is not known");
        };
    PerLane.Int3 function =
        accumulate
            ? (a, b, c) -> c + lanes.sum(a, b, one::apply)
            : (a, b, c) -> lanes.each(a, b, one::apply);
    e.emit(
        PerLane.ints(function),
        e.toB32(operand(in, 0)),
        e.b32(operand(in, 1)),
        e.b32(operand(in, 2)),
        e.b32(operand(in, 3)));
  }
}
