package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Prototype;
import dev.lockstep.ptx.PtxFunction;
import dev.lockstep.ptx.Register;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Arguments and results that calls pass in registers.
 *
 * @param whole from the caller's register to the callee's, and back for results
 * @param steps the same, through the registers between
 * @param stored results that calls put in memory
 * @param byCall the arguments of each call
 * @param entered as {@link Copies#called}
 */
record PassedValues(
    List<BitFlow> whole,
    List<BitFlow> steps,
    List<Register> stored,
    Map<Instruction, List<Register>> byCall,
    Map<Instruction, Integer> entered) {
  static PassedValues of(List<RoutinePlan> plans, CallGraph graph) {
    PassedValues found =
        new PassedValues(
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new IdentityHashMap<>(),
            new IdentityHashMap<>());
    for (RoutinePlan plan : plans) {
      for (Step step : plan.steps) {
        if (step.kind() == Step.Kind.CALL) {
          List<PtxFunction> callees = graph.callees(plan.routine, step.instruction());
          if (callees.size() == 1) {
            found.call(step.instruction(), callees.get(0));
            if (!callees.get(0).registers().isEmpty()
                && !graph.reaches(callees.get(0).name(), plan.routine.name())) {
              found.entered.put(step.instruction(), callees.get(0).registers().get(0).body());
            }
          }
        }
      }
    }
    return found;
  }

  List<Register> arguments(Instruction call) {
    return byCall.getOrDefault(call, List.of());
  }

  private void call(Instruction in, PtxFunction callee) {
    CallSite site;
    try {
      site = CallSite.of(in);
    } catch (Unsupported e) {
      return; // The decoder says so with its place.
    }
    List<Register> arguments = new ArrayList<>();
    List<Prototype.Formal> formals = callee.prototype().parameters();
    for (int i = 0; i < Math.min(formals.size(), site.arguments().size()); i++) {
      Prototype.Formal formal = formals.get(i);
      if (formal.inMemory()) {
        continue;
      }
      Register between = CallDecoder.through(i, formal);
      Register to = callee.registers().get(formal.register());
      if (site.arguments().get(i) instanceof Operand.Reg(Register from)) {
        pass(from, between, to);
        arguments.add(from);
      } else {
        whole.add(BitFlow.whole(between, to));
      }
    }
    byCall.put(in, arguments);
    List<Prototype.Formal> results = callee.prototype().results();
    for (int i = 0; i < Math.min(results.size(), site.results().size()); i++) {
      Prototype.Formal formal = results.get(i);
      if (!formal.inMemory()) {
        Register from = callee.registers().get(formal.register());
        Register between = CallDecoder.through(i, formal);
        switch (site.results().get(i)) {
          case Operand.Reg(Register to) -> pass(from, between, to);
          case Operand.Sink s -> {}
          default -> stored.add(from);
        }
      }
    }
  }

  private void pass(Register from, Register between, Register to) {
    whole.add(BitFlow.whole(from, to));
    whole.add(BitFlow.whole(between, to));
    steps.add(BitFlow.whole(from, between));
    steps.add(BitFlow.whole(between, to));
  }
}
