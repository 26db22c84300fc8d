package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import java.util.List;
import java.util.Set;

/**
 * Where operands may stand that are neither registers nor numbers (PTX ISA 6.4): names of
 * variables, special registers, and the sink {@code _}.
 */
final class OperandKinds {
  /** Those whose only result may be left aside. */
  private static final Set<String> DISCARDING = Set.of("atom", "setp", "match", "elect", "lop3");

  /** Bytes of the largest vector. */
  private static final int WIDEST = 32;

  private OperandKinds() {}

  /**
   * Looks at all operands.
   *
   * @throws Unsupported naming the operand
   */
  static void check(Instruction in) {
    List<Operand> operands = in.operands();
    for (int i = 0; i < operands.size(); i++) {
      if (operands.get(i) instanceof Operand.Pair(Operand value, Operand _)) {
        alone(in, value, i);
      } else {
        alone(in, operands.get(i), i);
      }
      for (Operand element : Decoder.elements(operands.get(i))) {
        noSpecial(in, element);
        noName(in, element);
      }
    }
  }

  /**
   * A sink is no source but in a store of 32 bytes, which leaves that element of memory alone; a
   * result of several elements may leave some of them aside.
   */
  private static void alone(Instruction in, Operand operand, int place) {
    boolean source = place > 0 || in.opcode().equals("st");
    if (operand instanceof Operand.Sink && (source || !DISCARDING.contains(in.opcode()))) {
      throw new Unsupported(source ? "a sink where a value belongs" : "a result that is not kept");
    }
    List<Operand> elements = Decoder.elements(operand);
    if (source
        && elements.stream().anyMatch(Operand.Sink.class::isInstance)
        && elements.size() * Decoder.type(in).bytes() != WIDEST) {
      throw new Unsupported("a sink where a value belongs");
    }
  }

  /** What threads differ in is moved or converted to a register first. */
  private static void noSpecial(Instruction in, Operand operand) {
    boolean taken = in.opcode().equals("mov") || in.opcode().equals("cvt");
    if (operand instanceof Operand.Special(String name) && !taken) {
      throw new Unsupported(
          "the special register %s, which %s does not take: mov and cvt do"
              .formatted(name, in.opcode()));
    }
  }

  /** So is the address of a variable. */
  private static void noName(Instruction in, Operand operand) {
    boolean taken = in.opcode().equals("mov") || in.opcode().equals("cvta") && !in.has("to");
    if (operand instanceof Operand.Symbol(String name, long _) && !taken) {
      throw new Unsupported(
          "the address of %s, which %s does not take: mov does".formatted(name, in.opcode()));
    }
  }
}
