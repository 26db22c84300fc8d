package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operands of a {@code call} (PTX ISA 9.7.12.4): {@code call (results), callee, (arguments),
 * type;} where all but the callee may be missing.
 *
 * @param callee a name, or the register of a pointer
 * @param type name of the {@code .callprototype} or {@code .calltargets} of an indirect call
 */
record CallSite(
    List<Operand> results, Operand callee, List<Operand> arguments, @Nullable String type) {
  static CallSite of(Instruction in) {
    List<Operand> operands = in.operands();
    int n = 0;
    List<Operand> results = List.of();
    if (operands.size() > 1 && operands.get(0) instanceof Operand.Arguments(List<Operand> list)) {
      results = list;
      n++;
    }
    if (n == operands.size()) {
      throw new Unsupported("it names nothing to call");
    }
    Operand callee = operands.get(n++);
    List<Operand> arguments = List.of();
    if (n < operands.size() && operands.get(n) instanceof Operand.Arguments(List<Operand> list)) {
      arguments = list;
      n++;
    }
    String type = null;
    if (n < operands.size() && operands.get(n) instanceof Operand.Symbol(String name, long o)) {
      type = name;
      n++;
    }
    if (n < operands.size()) {
      throw new Unsupported("operands behind those a call has");
    }
    return new CallSite(results, callee, arguments, type);
  }

  /** The function it names, or null when it calls through a pointer. */
  @Nullable String function() {
    return callee instanceof Operand.Symbol(String name, long offset) ? name : null;
  }
}
