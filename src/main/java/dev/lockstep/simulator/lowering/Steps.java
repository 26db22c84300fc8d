package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Label;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.PtxFunction;
import dev.lockstep.ptx.Routine;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
          "wmma",
          "activemask",
          "elect",
          "movmatrix");

  /** Those of them that fault unless all lanes are there. */
  private static final Set<String> WHOLE =
      Set.of("ldmatrix", "stmatrix", "mma", "wmma", "movmatrix");

  private Steps() {}

  /** Whether a group of lanes may have to wait here for others, to go on with them as one group. */
  static boolean waits(Step step) {
    return step.kind() == Step.Kind.PLAIN && WAITING.contains(step.instruction().opcode());
  }

  /** Whether all 32 lanes of the warp have met when this is done. */
  static boolean needsWholeWarp(Step step) {
    return step.kind() == Step.Kind.PLAIN && WHOLE.contains(step.instruction().opcode());
  }

  static List<Step> of(Routine routine) {
    List<Operand> results = results(routine);
    List<Instruction> instructions = routine.instructions();
    List<Step> steps = new ArrayList<>(instructions.size() + 16);
    Map<Integer, Integer> stepOf = new HashMap<>();
    for (int i = 0; i < instructions.size(); i++) {
      stepOf.put(i, steps.size());
      Instruction in = instructions.get(i);
      Step.Kind kind = kind(in);
      if (kind == Step.Kind.BRANCH) {
        steps.add(new Step(in, kind, in.guard(), List.of(i)));
        continue;
      }
      if (in.guard() != null && (kind != Step.Kind.PLAIN || WAITING.contains(in.opcode()))) {
        Instruction.Guard around =
            new Instruction.Guard(in.guard().predicate(), !in.guard().negated());
        steps.add(new Step(in, Step.Kind.BRANCH, around, List.of(steps.size() + 2)));
        in = with(in, null, in.operands());
      }
      if (in.opcode().equals("ret")) {
        in = with(in, in.guard(), results);
      }
      steps.add(new Step(in, kind, null, List.of()));
    }
    int end = steps.size();
    steps.add(Step.of(theEnd(routine, results), Step.Kind.EXIT));
    return resolved(steps, routine.labels(), stepOf, end);
  }

  private static Step.Kind kind(Instruction in) {
    return switch (in.opcode()) {
      case "bra" -> Step.Kind.BRANCH;
      case "brx" -> Step.Kind.INDEXED;
      case "call" -> Step.Kind.CALL;
      default -> ENDING.contains(in.opcode()) ? Step.Kind.EXIT : Step.Kind.PLAIN;
    };
  }

  /** A {@code ret} reads the results that are in registers. */
  private static List<Operand> results(Routine routine) {
    return routine instanceof PtxFunction function
        ? function.prototype().results().stream()
            .filter(formal -> !formal.inMemory())
            .<Operand>map(formal -> new Operand.Reg(routine.registers().get(formal.register())))
            .toList()
        : List.of();
  }

  private static List<Step> resolved(
      List<Step> steps, Map<String, Label> labels, Map<Integer, Integer> stepOf, int end) {
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      List<Operand> operands = step.instruction().operands();
      boolean branch = step.kind() == Step.Kind.BRANCH && !step.isGuardOfNext();
      List<Operand> targets = List.of();
      if (branch && !operands.isEmpty()) {
        targets = operands.subList(0, 1);
      } else if (step.kind() == Step.Kind.INDEXED
          && operands.size() == 2
          && operands.get(1) instanceof Operand.Vector(List<Operand> elements)) {
        targets = elements;
      }
      if (branch || step.kind() == Step.Kind.INDEXED) {
        List<Integer> places =
            targets.stream().map(target -> place(target, labels, stepOf, end)).toList();
        boolean lost = branch && places.isEmpty();
        steps.set(
            i,
            new Step(step.instruction(), step.kind(), step.guard(), lost ? List.of(end) : places));
      }
    }
    return steps;
  }

  private static int place(
      Operand operand, Map<String, Label> labels, Map<Integer, Integer> stepOf, int end) {
    Label label = operand instanceof Operand.Target(String name) ? labels.get(name) : null;
    return label == null ? end : stepOf.getOrDefault(label.index(), end);
  }

  /** The same instruction under another guard, for other operands. */
  static Instruction with(
      Instruction in, Instruction.@Nullable Guard guard, List<Operand> operands) {
    return new Instruction(
        guard,
        in.opcode(),
        in.modifiers(),
        operands,
        in.line(),
        in.text(),
        in.location(),
        in.usedBytes());
  }

  /** What a kernel or function does that runs past its last instruction. */
  private static Instruction theEnd(Routine routine, List<Operand> results) {
    return new Instruction(null, "ret", List.of(), results, routine.line(), "}", null);
  }
}
