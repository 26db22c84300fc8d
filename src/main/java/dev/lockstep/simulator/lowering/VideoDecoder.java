package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
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

  /** 1 where it holds, 0 where it does not. */
  private static PerLane.Int2 comparison(Instruction in) {
    return switch (Decoder.required(in, "eq", "ne", "lt", "le", "gt", "ge")) {
      case "eq" -> (a, b) -> a == b ? 1 : 0;
      case "ne" -> (a, b) -> a != b ? 1 : 0;
      case "lt" -> (a, b) -> a < b ? 1 : 0;
      case "le" -> (a, b) -> a <= b ? 1 : 0;
      case "gt" -> (a, b) -> a > b ? 1 : 0;
      default -> (a, b) -> a >= b ? 1 : 0;
    };
  }

  static void decode(Instruction in, Emitter e) {
    if (in.opcode().startsWith("vset")) {
      Decoder.allow(in, "add", "eq", "ne", "lt", "le", "gt", "ge");
    } else {
      Decoder.allow(in, "sat", "add");
    }
    Arity.check(in);
    List<ScalarType> types = Decoder.types(in);
    List<ScalarType> allowed = List.of(ScalarType.U32, ScalarType.S32);
    boolean compares = in.opcode().startsWith("vset");
    int sources = compares ? 0 : 1;
    if (types.size() != sources + 2 || !allowed.containsAll(types)) {
      throw new Unsupported("types other than " + (sources + 2) + " of .u32 and .s32");
    }
    if (in.operands().stream().anyMatch(Operand.Part.class::isInstance)) {
      throw new Unsupported("selectors and masks");
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
            types.get(sources).isSigned(),
            types.get(sources + 1).isSigned(),
            !compares && types.get(0).isSigned(),
            in.has("sat"));
    PerLane.Int2 one =
        switch (name) {
          case "vadd" -> Integer::sum;
          case "vsub" -> (a, b) -> a - b;
          case "vavrg" -> PackedIntegers::average;
          case "vabsdiff" -> (a, b) -> Math.abs(a - b);
          case "vmin" -> Math::min;
          case "vmax" -> Math::max;
          case "vset" -> comparison(in);
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
