package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Label;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Routine;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
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
    routines.forEach(this::look);
  }

  /** Whether a thread waits by this load. */
  boolean has(Instruction in) {
    return loads.contains(key(in));
  }

  private void look(Routine routine) {
    List<Instruction> code = routine.instructions();
    // By start of loops: where branches lead back to it.
    TreeMap<Integer, TreeSet<Integer>> loops = new TreeMap<>();
    for (int at = 0; at < code.size(); at++) {
      Integer target = target(routine, code.get(at));
      if (target != null && target <= at) {
        loops.computeIfAbsent(target, start -> new TreeSet<>()).add(at);
      }
    }
    Set<List<Operand>> awaited = new HashSet<>();
    loops.forEach((start, ends) -> look(routine, start, ends, awaited));
    // Compilers put the first look before the loop.
    code.stream()
        .filter(in -> in.opcode().equals("ld") && awaited.contains(in.operands()))
        .forEach(in -> loads.add(key(in)));
  }

  /**
   * Looks at all that may end a loop. One that ends early sets the fewest registers: what hangs on
   * nothing that changes in a longer one does not in this.
   *
   * @param ends where branches lead back to the start
   */
  private static void look(
      Routine routine, int start, TreeSet<Integer> ends, Set<List<Operand>> awaited) {
    List<Instruction> code = routine.instructions();
    LoopValues values = new LoopValues(code.subList(start, ends.last() + 1));
    for (int at = start; at <= ends.last(); at++) {
      Integer target = target(routine, code.get(at));
      int end = Objects.requireNonNull(ends.ceiling(at));
      if (code.get(at).guard() != null
          && target != null
          && (at == end || target < start || target > end)) {
        values.addLoads(at - start, end - start, awaited);
      }
    }
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
