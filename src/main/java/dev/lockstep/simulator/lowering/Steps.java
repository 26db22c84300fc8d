package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Label;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.PtxKernel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * This pass: labels become step numbers, and guarded instructions that end a thread or wait for
 * other lanes become a branch around an unguarded one. Then only branches part lanes.
 */
final class Steps {
  private static final Set<String> ENDING = Set.of("ret", "exit", "trap", "brkpt");

  private static final Set<String> WAITING =
      Set.of(
          "bar",
          "barrier",
          "shfl",
          "vote",
          "match",
          "redux",
          "ldmatrix",
          "stmatrix",
          "mma",
          "activemask",
          "elect",
          "movmatrix");

  private Steps() {}

  /** Whether a group of lanes may have to wait here for others, to go on with them as one group. */
  static boolean waits(Step step) {
    return step.kind() == Step.Kind.PLAIN && WAITING.contains(step.instruction().opcode());
  }

  static List<Step> of(PtxKernel kernel) {
    List<Instruction> instructions = kernel.instructions();
    List<Step> steps = new ArrayList<>(instructions.size() + 16);
    Map<Integer, Integer> stepOf = new HashMap<>();
    for (int i = 0; i < instructions.size(); i++) {
      stepOf.put(i, steps.size());
      Instruction in = instructions.get(i);
      boolean ends = ENDING.contains(in.opcode());
      if (in.opcode().equals("bra")) {
        steps.add(new Step(in, Step.Kind.BRANCH, in.guard(), i));
        continue;
      }
      if (in.guard() != null && (ends || WAITING.contains(in.opcode()))) {
        Instruction.Guard around =
            new Instruction.Guard(in.guard().predicate(), !in.guard().negated());
        steps.add(new Step(in, Step.Kind.BRANCH, around, -1));
        steps.add(new Step(unguarded(in), ends ? Step.Kind.EXIT : Step.Kind.PLAIN, null, -1));
      } else {
        steps.add(new Step(in, ends ? Step.Kind.EXIT : Step.Kind.PLAIN, null, -1));
      }
    }
    int end = steps.size();
    steps.add(new Step(theEnd(kernel), Step.Kind.EXIT, null, -1));
    return resolved(steps, kernel.labels(), stepOf, end);
  }

  private static List<Step> resolved(
      List<Step> steps, Map<String, Label> labels, Map<Integer, Integer> stepOf, int end) {
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      if (step.kind() != Step.Kind.BRANCH) {
        continue;
      }
      int target = i + 2;
      if (step.target() >= 0
          && step.instruction().operands().get(0) instanceof Operand.Target(String name)) {
        Label label = labels.get(name);
        target = label == null ? end : stepOf.getOrDefault(label.index(), end);
      }
      steps.set(i, new Step(step.instruction(), Step.Kind.BRANCH, step.guard(), target));
    }
    return steps;
  }

  private static Instruction unguarded(Instruction in) {
    return new Instruction(
        null, in.opcode(), in.modifiers(), in.operands(), in.line(), in.text(), in.location());
  }

  /** What a kernel does that runs past its last instruction. */
  private static Instruction theEnd(PtxKernel kernel) {
    return new Instruction(null, "ret", List.of(), List.of(), kernel.line(), "}", null);
  }
}
