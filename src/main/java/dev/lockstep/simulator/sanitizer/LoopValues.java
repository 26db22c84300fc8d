package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.lowering.Dataflow;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What values in a loop hang on, in the order of its code: loads, and what it takes over from its
 * turn before. All is looked at once, however many ask.
 */
final class LoopValues {
  /** Behind every end. */
  private static final int NEVER = Integer.MAX_VALUE;

  private final List<Instruction> code;

  /** By instruction: those that set, last before it, what it reads. */
  private final int[][] sources;

  /** By instruction: the first to change, later, what it hangs on from the turn before. */
  private final int[] changed;

  /** Instructions whose loads were asked for. */
  private final boolean[] known;

  /**
   * @param code from the start of the loop on
   */
  LoopValues(List<Instruction> code) {
    this.code = code;
    this.sources = new int[code.size()][];
    this.changed = new int[code.size()];
    this.known = new boolean[code.size()];
    Map<Register, Integer> firsts = new HashMap<>();
    for (int at = 0; at < code.size(); at++) {
      int here = at;
      Dataflow.definitions(code.get(at), r -> firsts.putIfAbsent(r, here));
    }
    Map<Register, Integer> lasts = new HashMap<>();
    for (int at = 0; at < code.size(); at++) {
      int here = at;
      changed[at] = NEVER;
      Set<Integer> from = new HashSet<>();
      Dataflow.uses(
          code.get(at),
          r -> {
            Integer last = lasts.get(r);
            int change = last == null ? firsts.getOrDefault(r, NEVER) : changed[last];
            changed[here] = Math.min(changed[here], change);
            if (last != null) {
              from.add(last);
            }
          });
      sources[at] = from.stream().mapToInt(Integer::intValue).toArray();
      Dataflow.definitions(code.get(at), r -> lasts.put(r, here));
    }
  }

  /**
   * Adds the operands of the loads that a branch hangs on, if it hangs on nothing else that changes
   * from turn to turn.
   *
   * @param end where the loop ends
   */
  void addLoads(int branch, int end, Set<List<Operand>> loads) {
    if (changed[branch] <= end) {
      return;
    }
    Deque<Integer> left = new ArrayDeque<>();
    Arrays.stream(sources[branch]).forEach(left::push);
    while (!left.isEmpty()) {
      int at = left.pop();
      if (!known[at]) {
        known[at] = true;
        if (code.get(at).opcode().equals("ld")) {
          loads.add(code.get(at).operands());
        }
        Arrays.stream(sources[at]).forEach(left::push);
      }
    }
  }
}
