package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.PtxFunction;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.Routine;
import dev.lockstep.simulator.op.Call;
import dev.lockstep.simulator.op.IndirectCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** A call that gets its target when all functions have their places. */
record CallLink(CallDecoder.Code call, Routine caller, Instruction in, CallGraph graph) {
  void link(PtxModule module, List<RoutinePlan> plans, Frames frames) {
    switch (call.call()) {
      case Call direct -> {
        PtxFunction callee = call.callee();
        if (callee != null) {
          direct.link(entry(callee, plans), frames.of(callee.name()));
        }
      }
      case IndirectCall indirect -> {
        Set<String> callees =
            graph.callees(caller, in).stream().map(PtxFunction::name).collect(Collectors.toSet());
        List<Integer> pcs = new ArrayList<>();
        List<Long> bytes = new ArrayList<>();
        for (PtxFunction function : module.functions()) {
          pcs.add(callees.contains(function.name()) ? entry(function, plans) : -1);
          bytes.add(frames.of(function.name()));
        }
        indirect.link(pcs, bytes);
      }
      default -> {} // A function of the system.
    }
  }

  private static int entry(PtxFunction function, List<RoutinePlan> plans) {
    for (RoutinePlan plan : plans) {
      if (plan.routine == function) {
        return plan.entry();
      }
    }
    throw new AssertionError(function.name());
  }
}
