package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds, for every register, which of its bits are needed and which are only stored somewhere: back
 * from where they are used, through everything that only moves bits, until nothing is added.
 */
final class NeededBits {
  private final Map<Register, Long> needed = new HashMap<>();
  private final Map<Register, Long> carried = new HashMap<>();
  private final Map<Register, Long> kept = new HashMap<>();
  private final Map<Register, Long> literals;
  private final Set<Register> refilling;
  private final Set<Register> offered;
  private final List<BitFlow> copies = new ArrayList<>();
  private final List<BitFlow> changes = new ArrayList<>();
  private boolean changed;

  /**
   * @param literals registers that hold a number known
   * @param refilling registers that bits are filled into, on the way back to where they were
   * @param offered registers that are looked at when they are chosen
   */
  NeededBits(Map<Register, Long> literals, Set<Register> refilling, Set<Register> offered) {
    this.offered = offered;
    this.literals = literals;
    this.refilling = refilling;
  }

  void follow(List<RoutinePlan> plans, PassedValues passed) {
    for (RoutinePlan plan : plans) {
      for (Step step : plan.steps) {
        look(step, passed);
      }
    }
    copies.addAll(passed.whole());
    passed.stored().forEach(this::need);
    do {
      changed = false;
      for (BitFlow copy : copies) {
        add(needed, copy.from(), copy.backward(needed.getOrDefault(copy.to(), 0L)));
        add(carried, copy.from(), copy.backward(carried.getOrDefault(copy.to(), 0L)));
        add(kept, copy.from(), copy.backward(kept.getOrDefault(copy.to(), 0L)));
      }
      for (BitFlow change : changes) {
        add(needed, change.from(), change.backward(needed.getOrDefault(change.to(), 0L)));
        long stored = change.backward(carried.getOrDefault(change.to(), 0L));
        boolean back = refilling.contains(change.from()) && refilling.contains(change.to());
        add(back ? carried : needed, change.from(), stored);
      }
    } while (changed);
  }

  Map<Register, Long> needed() {
    return needed;
  }

  Map<Register, Long> carried() {
    return carried;
  }

  /** Those of the carried bits that may stay in the thread's own memory. */
  Map<Register, Long> kept() {
    return kept;
  }

  private void look(Step step, PassedValues passed) {
    Instruction in = step.instruction();
    switch (step.kind()) {
      case BRANCH, INDEXED -> Liveness.uses(step, this::need);
      case CALL -> {
        Set<Register> moved = new HashSet<>(passed.arguments(in));
        Liveness.uses(
            step,
            r -> {
              if (!moved.contains(r)) {
                need(r);
              }
            });
      }
      case EXIT -> {
        // The results it reads are the caller's.
        if (in.guard() != null) {
          need(in.guard().predicate());
        }
      }
      case PLAIN -> plain(step, in);
    }
  }

  private void plain(Step step, Instruction in) {
    if (in.guard() != null) {
      need(in.guard().predicate());
    }
    if (Copies.isStore(in)) {
      Liveness.uses(Step.of(withoutValues(in), Step.Kind.PLAIN), this::need);
      long bits = BitFlows.low(Math.min(64, 8 * Copies.elementBytes(in)));
      for (@Nullable Register value : Copies.stored(in)) {
        if (value != null) {
          add(carried, value, bits);
          add(kept, value, Copies.leaves(in) ? 0 : bits);
        }
      }
      return;
    }
    BitFlows flows = BitFlows.of(in, literals);
    if (flows == null) {
      Liveness.uses(step, this::need);
      return;
    }
    flows.used().forEach(this::need);
    List<BitFlow> into = BitFlows.isCopy(in) ? copies : changes;
    flows.flows().stream().filter(flow -> !offered.contains(flow.from())).forEach(into::add);
  }

  private static Instruction withoutValues(Instruction store) {
    List<Operand> place = List.of(store.operands().get(0));
    return new Instruction(
        null,
        store.opcode(),
        store.modifiers(),
        place,
        store.line(),
        store.text(),
        store.location());
  }

  private void need(Register register) {
    add(needed, register, -1);
  }

  private void add(Map<Register, Long> to, Register register, long bits) {
    long before = to.getOrDefault(register, 0L);
    if ((bits & ~before) != 0) {
      to.put(register, before | bits);
      changed = true;
    }
  }
}
