package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.CallStack;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How much local memory a thread needs: the kernel's own, and above it as many frames as calls can
 * be nested, or a stack of fixed size where that is not known.
 */
final class Frames {
  private final Map<String, Long> bytes = new HashMap<>();
  private final long alignment;
  private final long kernelBytes;
  private final long total;

  private Frames(List<RoutinePlan> plans, CallGraph graph, long stackBytes) {
    long largest = 16;
    for (RoutinePlan plan : plans) {
      largest = Math.max(largest, plan.symbols.alignment());
      for (Instruction in : plan.routine.instructions()) {
        if (in.opcode().equals("alloca")
            && in.operands().size() == 3
            && in.operands().get(2) instanceof Operand.IntLiteral(long wanted)
            && Long.bitCount(wanted) == 1) {
          largest = Math.max(largest, wanted);
        }
      }
    }
    alignment = largest;
    plans.forEach(plan -> plan.emitter.frameAlignment = alignment);
    for (RoutinePlan plan : plans) {
      bytes.put(plan.routine.name(), aligned(plan.symbols.localBytes()));
    }
    String kernel = plans.get(0).routine.name();
    kernelBytes = of(kernel);
    boolean open =
        graph.isRecursive()
            || plans.stream()
                .flatMap(plan -> plan.routine.instructions().stream())
                .anyMatch(in -> in.opcode().equals("alloca"));
    total = open ? kernelBytes + stackBytes : deepest(kernel, graph, new HashMap<>());
  }

  static Frames of(List<RoutinePlan> plans, CallGraph graph, long stackBytes) {
    return new Frames(plans, graph, stackBytes);
  }

  /** Bytes of a function's frame. */
  long of(String routine) {
    return bytes.getOrDefault(routine, 0L);
  }

  int localBytes() {
    return Symbols.inReach("local", total);
  }

  /** For the kernel's call stack; null when it calls nothing. */
  CallStack.@Nullable Layout layout(RegisterFileBuilder registers) {
    Register stack = CallDecoder.STACK_POINTER;
    if (bytes.size() == 1 && !registers.isPlaced(stack)) {
      return null;
    }
    return new CallStack.Layout(
        registers.slot(CallDecoder.FRAME_POINTER).index(),
        registers.slot(stack).index(),
        kernelBytes);
  }

  private long aligned(long size) {
    return (size + alignment - 1) & -alignment;
  }

  private long deepest(String routine, CallGraph graph, Map<String, Long> known) {
    Long before = known.get(routine);
    if (before != null) {
      return before;
    }
    long above = aligned(graph.passedThroughPointers(routine));
    for (String callee : graph.callees(routine)) {
      above = Math.max(above, deepest(callee, graph, known));
    }
    known.put(routine, of(routine) + above);
    return of(routine) + above;
  }
}
