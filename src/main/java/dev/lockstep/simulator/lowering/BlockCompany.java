package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.simulator.execution.LoweredKernel.Company;
import java.util.List;
import java.util.Set;

/** Looks for what tells that a block may have to wait for another. */
final class BlockCompany {
  /** Loads that see what others stored: ordered ones, and those past the first cache. */
  private static final Set<String> FRESH = Set.of("volatile", "relaxed", "acquire", "cg", "cv");

  private BlockCompany() {}

  static Company of(List<RoutinePlan> plans) {
    Company company = Company.NONE;
    for (RoutinePlan plan : plans) {
      for (Step step : plan.steps) {
        Instruction in = step.instruction();
        if (in.opcode().equals("mov") && readsWorkspace(in)) {
          return Company.MEETS;
        }
        if (looks(in)) {
          company = Company.WAITS;
        }
      }
    }
    return company;
  }

  /** A read of global memory that sees what other blocks write while the kernel runs. */
  private static boolean looks(Instruction in) {
    boolean strong =
        in.opcode().equals("atom")
            || in.opcode().equals("ld") && in.modifiers().stream().anyMatch(FRESH::contains);
    return strong && !in.has("shared") && !in.has("shared::cta");
  }

  /** Where the driver puts the address of a cooperative launch's memory. */
  private static boolean readsWorkspace(Instruction in) {
    return in.operands().getLast() instanceof Operand.Special(String name)
        && SpecialValues.isWorkspace(name);
  }
}
