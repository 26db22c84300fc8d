package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.intrinsic.BitOps;
import dev.lockstep.simulator.intrinsic.PackedIntegers;
import dev.lockstep.simulator.op.PerLane;
import java.util.List;

/**
 * SIMD video instructions (PTX ISA 9.7.19): two 16-bit or four 8-bit integers, each chosen from the
 * elements of both sources. {@code d} takes the results its mask names and the rest of c, or with
 * {@code .add} c and the sum of those results.
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
    List<ScalarType> types = Decoder.types(in);
    List<ScalarType> allowed = List.of(ScalarType.U32, ScalarType.S32);
    boolean compares = in.opcode().startsWith("vset");
    int sources = compares ? 0 : 1;
    if (types.size() != sources + 2 || !allowed.containsAll(types)) {
      throw new Unsupported("types other than " + (sources + 2) + " of .u32 and .s32");
    }
    if (in.operands().subList(1, 4).stream().anyMatch(VideoDecoder::isNoRegister)) {
      throw new Unsupported("a source that is no register");
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
    int mask = mask(operand(in, 0), bits);
    int fromA = permutation(operand(in, 1), bits, 0x3210);
    int fromB = permutation(operand(in, 2), bits, 0x7654);
    PerLane.Int3 function =
        (a, b, c) -> {
          int first = BitOps.permute(a, b, fromA);
          int second = BitOps.permute(a, b, fromB);
          return accumulate
              ? c + lanes.sum(first, second, mask, one::apply)
              : lanes.each(first, second, one::apply) & mask | c & ~mask;
        };
    e.emit(
        PerLane.ints(function),
        e.toB32(ScalarVideoDecoder.whole(operand(in, 0))),
        e.b32(ScalarVideoDecoder.whole(operand(in, 1))),
        e.b32(ScalarVideoDecoder.whole(operand(in, 2))),
        e.b32(operand(in, 3)));
  }

  private static boolean isNoRegister(Operand operand) {
    return !(operand instanceof Operand.Reg || operand instanceof Operand.Part);
  }

  /**
   * The bits of the elements a result goes to, all without a mask: {@code b20} names bytes 2 and 0,
   * in falling order.
   */
  private static int mask(Operand operand, int bits) {
    if (!(operand instanceof Operand.Part(Register register, String mask))) {
      return -1;
    }
    int covered = 0;
    int above = 32 / bits;
    for (int digit : digits(mask, bits)) {
      if (digit >= above) {
        throw new Unsupported("the mask ." + mask);
      }
      covered |= (1 << bits) - 1 << digit * bits;
      above = digit;
    }
    return covered;
  }

  /**
   * The byte that each byte of a source comes from, as {@code prmt} takes it: {@code b0072} names
   * the elements from the highest to the lowest, those of b counted on behind those of a.
   */
  private static int permutation(Operand operand, int bits, int all) {
    if (!(operand instanceof Operand.Part(Register register, String selector))) {
      return all;
    }
    int[] digits = digits(selector, bits);
    if (digits.length != 32 / bits) {
      throw new Unsupported("the selector ." + selector);
    }
    int bytes = 0;
    for (int digit : digits) {
      bytes = bits == 8 ? bytes << 4 | digit : bytes << 8 | (2 * digit + 1) << 4 | 2 * digit;
    }
    return bytes;
  }

  private static int[] digits(String selector, int bits) {
    if (selector.charAt(0) != (bits == 8 ? 'b' : 'h')) {
      throw new Unsupported("the selector ." + selector);
    }
    return selector.chars().skip(1).map(c -> c - '0').toArray();
  }
}
