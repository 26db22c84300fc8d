package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.intrinsic.ScalarVideo;
import dev.lockstep.simulator.op.PerLane;
import java.util.List;
import java.util.function.LongBinaryOperator;

/**
 * Scalar video instructions (PTX ISA 9.7.18): parts of two registers are combined, perhaps clamped,
 * and combined with a third register or put into a part of it.
 */
final class ScalarVideoDecoder {
  private ScalarVideoDecoder() {}

  static void decode(Instruction in, Emitter e) {
    boolean compares = in.opcode().equals("vset");
    boolean shifts = in.opcode().equals("vshl") || in.opcode().equals("vshr");
    if (compares) {
      Decoder.allow(in, "add", "min", "max", "eq", "ne", "lt", "le", "gt", "ge");
    } else if (shifts) {
      Decoder.allow(in, "add", "min", "max", "sat", "clamp", "wrap");
    } else {
      Decoder.allow(in, "add", "min", "max", "sat");
    }
    List<ScalarType> types = Decoder.types(in);
    int sources = compares ? 0 : 1;
    if (types.size() != sources + 2
        || !List.of(ScalarType.U32, ScalarType.S32).containsAll(types)
        || shifts && types.get(2) != ScalarType.U32) {
      throw new Unsupported("its types");
    }
    String second = Decoder.choice(in, "", "add", "min", "max");
    List<Operand> operands = in.operands();
    String to = operands.isEmpty() ? "" : selector(operands.get(0));
    if (!second.isEmpty() && !to.isEmpty()) {
      throw new Unsupported("a second operation and a part of the result");
    }
    int wanted = second.isEmpty() && to.isEmpty() ? 3 : 4;
    if (operands.size() == 4 && wanted == 3) {
      throw new Unsupported("a third source, which .add, .min, .max or a part of the result takes");
    }
    if (operands.size() != wanted) {
      throw new Unsupported("it has " + operands.size() + " operands, not " + wanted);
    }
    boolean signed = !compares && types.get(0).isSigned();
    boolean signedA = types.get(sources).isSigned();
    boolean signedB = types.get(sources + 1).isSigned();
    boolean saturates = in.has("sat");
    if (wanted == 4 && !selector(operands.get(3)).isEmpty()) {
      throw new Unsupported("a selector of the third source, of which all is taken");
    }
    String fromA = selector(operands.get(1));
    String fromB = selector(operands.get(2));
    LongBinaryOperator first = first(in, saturates);
    LongBinaryOperator last =
        switch (second) {
          case "add" -> Long::sum;
          case "min" -> Math::min;
          case "max" -> Math::max;
          default -> (value, c) -> value;
        };
    PerLane.Int3 function =
        (a, b, c) -> {
          long value =
              first.applyAsLong(
                  ScalarVideo.part(a, fromA, signedA), ScalarVideo.part(b, fromB, signedB));
          value = saturates ? ScalarVideo.saturate(value, signed, to) : ScalarVideo.truncate(value);
          value = last.applyAsLong(value, ScalarVideo.part(c, "", signed));
          return ScalarVideo.merge(value, c, to);
        };
    e.emit(
        PerLane.ints(function),
        e.toB32(whole(operands.get(0))),
        e.b32(whole(operands.get(1))),
        e.b32(whole(operands.get(2))),
        e.b32(whole(operands.get(wanted - 1))));
  }

  private static LongBinaryOperator first(Instruction in, boolean saturates) {
    return switch (in.opcode()) {
      case "vadd" -> Long::sum;
      case "vsub" -> (a, b) -> a - b;
      case "vabsdiff" -> (a, b) -> Math.abs(a - b);
      case "vmin" -> Math::min;
      case "vmax" -> Math::max;
      case "vset" ->
          switch (Decoder.required(in, "eq", "ne", "lt", "le", "gt", "ge")) {
            case "eq" -> (a, b) -> a == b ? 1 : 0;
            case "ne" -> (a, b) -> a != b ? 1 : 0;
            case "lt" -> (a, b) -> a < b ? 1 : 0;
            case "le" -> (a, b) -> a <= b ? 1 : 0;
            case "gt" -> (a, b) -> a > b ? 1 : 0;
            default -> (a, b) -> a >= b ? 1 : 0;
          };
      default -> {
        boolean wraps = Decoder.required(in, "clamp", "wrap").equals("wrap");
        boolean left = in.opcode().equals("vshl");
        yield (a, b) -> {
          long by = wraps ? b & 31 : Math.min(b, 32);
          return left ? saturates ? shiftLeft(a, by) : a << by : a >> by;
        };
      }
    };
  }

  /** By at most 32: what an unsigned word becomes must stay positive, so that it is clamped. */
  private static long shiftLeft(long value, long by) {
    return by == 32 && value > Integer.MAX_VALUE ? 1L << 62 : value << by;
  }

  /** What an operand names of its register: {@code b0} to {@code b3}, {@code h0}, {@code h1}. */
  static String selector(Operand operand) {
    if (!(operand instanceof Operand.Part(Register register, String selector))) {
      return "";
    }
    if (selector.length() != 2 || selector.charAt(1) > (selector.charAt(0) == 'b' ? '3' : '1')) {
      throw new Unsupported("the selector ." + selector);
    }
    return selector;
  }

  /** The operand without its selector. */
  static Operand whole(Operand operand) {
    return operand instanceof Operand.Part(Register register, String selector)
        ? new Operand.Reg(register)
        : operand;
  }
}
