package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Instructions that only move bits about: copies, masks, shifts by a constant, bytes picked out and
 * fields filled in. What they leave out of a value need not be there.
 *
 * @param flows where the bits go
 * @param used registers whose values are needed besides, all bits of them
 */
public record BitFlows(List<BitFlow> flows, List<Register> used) {
  /**
   * What an instruction moves where; null if it does more than that.
   *
   * @param literals registers that hold a number known
   */
  static @Nullable BitFlows of(Instruction in, Map<Register, Long> literals) {
    Finder finder = new Finder(in, literals);
    return finder.find() ? new BitFlows(finder.flows, finder.used) : null;
  }

  /** Whether all it does is copy registers, in parts or put together. */
  public static boolean isCopy(Instruction in) {
    return in.opcode().equals("mov");
  }

  /** That many bits from the lowest on. */
  static long low(int bits) {
    return bits >= 64 ? -1 : (1L << bits) - 1;
  }

  private static final class Finder {
    private final Instruction in;
    private final List<Operand> operands;
    private final List<BitFlow> flows = new ArrayList<>();
    private final List<Register> used = new ArrayList<>();
    private final int width;

    Finder(Instruction in, Map<Register, Long> literals) {
      this.in = in;
      this.operands = new ArrayList<>(in.operands());
      for (int i = 1; i < operands.size(); i++) {
        if (operands.get(i) instanceof Operand.Reg(Register register)
            && literals.containsKey(register)) {
          operands.set(i, new Operand.IntLiteral(literals.get(register)));
        }
      }
      ScalarType type =
          in.modifiers().isEmpty() ? null : ScalarType.named(in.modifiers().getLast());
      this.width = type == null ? 0 : type.bits();
    }

    boolean find() {
      if (!operands.stream().allMatch(Finder::isPlain)) {
        return false;
      }
      if (in.opcode().equals("mov")) {
        return width <= 64 && operands.size() == 2 && move(operands.get(0), operands.get(1));
      }
      if (width == 0 || width > 64 || !(operand(0) instanceof Operand.Reg(Register to))) {
        return false;
      }
      return switch (in.opcode()) {
        case "not" -> all(to, 1, 2);
        case "and" -> masked(to, false);
        case "or" -> masked(to, true);
        case "xor" -> all(to, 1, 3);
        case "lop3" -> operands.size() == 5 && all(to, 1, 4);
        case "selp" -> operands.size() == 4 && all(to, 1, 3) && uses(3);
        case "shl" -> shift(to, true);
        case "shr" -> shift(to, false);
        case "shf" -> funnel(to);
        case "prmt" -> permute(to);
        case "bfe" -> extract(to);
        case "bfi" -> insert(to);
        case "cvt" -> convert(to);
        default -> false;
      };
    }

    private static boolean isPlain(Operand operand) {
      return switch (operand) {
        case Operand.Vector(List<Operand> elements) -> elements.stream().allMatch(Finder::isPlain);
        case Operand.Reg r -> true;
        case Operand.IntLiteral l -> true;
        case Operand.FloatLiteral l -> true;
        case Operand.Special s -> true;
        case Operand.Symbol s -> true;
        case Operand.Sink s -> true;
        default -> false;
      };
    }

    private @Nullable Operand operand(int n) {
      return n < operands.size() ? operands.get(n) : null;
    }

    private void flow(@Nullable Operand from, Register to, long mask, int shift, long spread) {
      if (from instanceof Operand.Reg(Register register) && mask != 0) {
        flows.add(new BitFlow(register, to, mask, shift, spread));
      }
    }

    private boolean uses(int n) {
      if (operand(n) instanceof Operand.Reg(Register register)) {
        used.add(register);
      }
      return true;
    }

    private boolean all(Register to, int first, int end) {
      for (int i = first; i < end; i++) {
        flow(operand(i), to, -1, 0, 0);
      }
      return operands.size() >= end;
    }

    private boolean move(Operand to, Operand from) {
      if (to instanceof Operand.Reg(Register result)) {
        if (from instanceof Operand.Vector(List<Operand> elements)) {
          int each = width / elements.size();
          for (int i = 0; i < elements.size(); i++) {
            flow(elements.get(i), result, low(each), i * each, 0);
          }
        } else {
          flow(from, result, -1, 0, 0);
        }
        return true;
      }
      if (to instanceof Operand.Vector(List<Operand> elements)) {
        int each = width / elements.size();
        for (int i = 0; i < elements.size(); i++) {
          if (elements.get(i) instanceof Operand.Reg(Register result)) {
            flow(from, result, low(each) << i * each, -i * each, 0);
          }
        }
        return true;
      }
      return false;
    }

    /** {@code and}, or {@code or} if {@code filled}: with a constant, only some bits matter. */
    private boolean masked(Register to, boolean filled) {
      if (operands.size() != 3) {
        return false;
      }
      for (int i = 1; i < 3; i++) {
        long mask =
            operands.get(3 - i) instanceof Operand.IntLiteral(long value)
                ? filled ? ~value : value
                : -1;
        flow(operands.get(i), to, mask & low(width), 0, 0);
      }
      return true;
    }

    private boolean shift(Register to, boolean left) {
      if (operands.size() != 3 || !(operands.get(2) instanceof Operand.IntLiteral(long amount))) {
        return false;
      }
      int by = (int) Math.min(amount & 0xffff_ffffL, width);
      if (left) {
        flow(operands.get(1), to, by == width ? 0 : low(width - by), by, 0);
        return true;
      }
      flow(operands.get(1), to, by == width ? 0 : low(width) & ~low(by), -by, 0);
      if (isSigned()) {
        flow(operands.get(1), to, 1L << width - 1, 0, low(width) & ~low(width - 1 - by));
      }
      return by < width || !isSigned();
    }

    private boolean funnel(Register to) {
      if (operands.size() != 4
          || width != 32
          || !(operands.get(3) instanceof Operand.IntLiteral(long amount))
          || amount <= 0
          || amount >= 32) {
        return false;
      }
      int by = (int) amount;
      // As many of the lower word's highest bits as of the upper word's lowest are left.
      int lower = in.has("l") ? by : 32 - by;
      flow(operands.get(1), to, low(32) & ~low(32 - lower), lower - 32, 0);
      flow(operands.get(2), to, low(32 - lower), lower, 0);
      return true;
    }

    private boolean permute(Register to) {
      if (operands.size() != 4
          || in.modifiers().size() != 1
          || !(operands.get(3) instanceof Operand.IntLiteral(long selector))) {
        return false;
      }
      for (int i = 0; i < 4; i++) {
        int which = (int) (selector >>> 4 * i);
        int from = (which & 3) * 8;
        Operand source = operands.get((which & 4) == 0 ? 1 : 2);
        if ((which & 8) == 0) {
          flow(source, to, 0xffL << from, 8 * i - from, 0);
        } else {
          flow(source, to, 0x80L << from, 0, 0xffL << 8 * i);
        }
      }
      return true;
    }

    private boolean extract(Register to) {
      if (operands.size() != 4
          || !(operands.get(2) instanceof Operand.IntLiteral(long position))
          || !(operands.get(3) instanceof Operand.IntLiteral(long length))
          || position < 0
          || length <= 0
          || position + length > width) {
        return false;
      }
      int bits = (int) length;
      int at = (int) position;
      flow(operands.get(1), to, low(bits) << at, -at, 0);
      if (isSigned()) {
        flow(operands.get(1), to, 1L << at + bits - 1, 0, low(width) & ~low(bits - 1));
      }
      return true;
    }

    private boolean insert(Register to) {
      if (operands.size() != 5
          || !(operands.get(3) instanceof Operand.IntLiteral(long position))
          || !(operands.get(4) instanceof Operand.IntLiteral(long length))
          || position < 0
          || length < 0
          || position + length > width) {
        return false;
      }
      long field = low((int) length);
      flow(operands.get(1), to, field, (int) position, 0);
      flow(operands.get(2), to, low(width) & ~(field << position), 0, 0);
      return true;
    }

    /** Between integers; what does not fit is cut off. */
    private boolean convert(Register to) {
      List<String> types = in.modifiers();
      if (operands.size() != 2 || types.size() != 2) {
        return false;
      }
      ScalarType target = ScalarType.named(types.get(0));
      ScalarType source = ScalarType.named(types.get(1));
      if (target == null || source == null || !isInteger(target) || !isInteger(source)) {
        return false;
      }
      int kept = Math.min(target.bits(), source.bits());
      boolean signed =
          source.isSigned() && source.bits() < 64
              || target.isSigned() && target.bits() < to.type().bits();
      flow(operands.get(1), to, low(kept), 0, 0);
      if (signed) {
        flow(operands.get(1), to, 1L << kept - 1, 0, ~low(kept - 1));
      }
      return true;
    }

    private static boolean isInteger(ScalarType type) {
      return switch (type) {
        case U8, S8, B8, U16, S16, B16, U32, S32, B32, U64, S64, B64 -> true;
        default -> false;
      };
    }

    private boolean isSigned() {
      ScalarType type = ScalarType.named(in.modifiers().getLast());
      return type != null && type.isSigned();
    }
  }
}
