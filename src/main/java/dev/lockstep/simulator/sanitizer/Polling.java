package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Label;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.Routine;
import dev.lockstep.simulator.lowering.Dataflow;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the loads by which a thread waits: a loop repeats them at one place until what they find
 * there, and nothing else that changes, ends it. It does not matter when another thread writes what
 * they look for.
 */
final class Polling {
  /** Instructions are copied on their way; their place and text stay. */
  private record Key(int line, String text) {}

  private final Set<Key> loads = new HashSet<>();

  Polling(List<? extends Routine> routines) {
    for (Routine routine : routines) {
      List<Instruction> code = routine.instructions();
      for (int end = 0; end < code.size(); end++) {
        Integer start = target(routine, code.get(end));
        if (start != null && start <= end) {
          loop(routine, start, end);
        }
      }
    }
  }

  /** Whether a thread waits by this load. */
  boolean has(Instruction in) {
    return loads.contains(key(in));
  }

  private void loop(Routine routine, int start, int end) {
    List<Instruction> code = routine.instructions();
    Set<Register> changing = new HashSet<>();
    code.subList(start, end + 1).forEach(in -> Dataflow.definitions(in, changing::add));
    for (int i = start; i <= end; i++) {
      Integer target = target(routine, code.get(i));
      if (target != null && (i == end || target < start || target > end)) {
        Set<List<Operand>> awaited = awaited(code.subList(start, i + 1), changing);
        // Compilers put the first look before the loop.
        code.stream()
            .filter(in -> in.opcode().equals("ld") && awaited.contains(in.operands()))
            .forEach(in -> loads.add(key(in)));
      }
    }
  }

  /**
   * The operands of the loads that decide, alone, whether a branch ends a loop.
   *
   * @param way from the start of a loop to a branch that may end it
   * @param changing registers that the loop sets
   */
  private static Set<List<Operand>> awaited(List<Instruction> way, Set<Register> changing) {
    Instruction.Guard guard = way.getLast().guard();
    Set<Register> wanted = new HashSet<>();
    Set<List<Operand>> found = new HashSet<>();
    if (guard != null) {
      wanted.add(guard.predicate());
    }
    for (Instruction in : way.subList(0, way.size() - 1).reversed()) {
      Set<Register> set = new HashSet<>();
      Dataflow.definitions(in, set::add);
      if (wanted.removeAll(set)) {
        if (in.opcode().equals("ld")) {
          found.add(in.operands());
        }
        Dataflow.uses(in, wanted::add);
      }
    }
    wanted.retainAll(changing);
    return wanted.isEmpty() ? found : Set.of();
  }

  private static @Nullable Integer target(Routine routine, Instruction in) {
    return in.opcode().equals("bra")
            && !in.operands().isEmpty()
            && in.operands().getFirst() instanceof Operand.Target(String name)
            && routine.labels().get(name) instanceof Label label
        ? Objects.requireNonNull(label).index()
        : null;
  }

  private static Key key(Instruction in) {
    return new Key(in.line(), in.text());
  }
}
