package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads that use no value, so that what they read may be without one: compilers copy structures
 * word by word, padding and all, and fill a bit field by reading the others around it.
 *
 * @param unread registers that are set and never read
 * @param passedOn registers whose values go into parameters of functions and nowhere else
 * @param carried registers whose values are stored, perhaps through other such registers, and
 *     nothing else; stores to a space that a structure of a thread's own never lies in do not count
 * @param offered registers that are loaded to be chosen by a {@code selp} or not, and for nothing
 *     else: compilers load first and ask then whether there is anything
 * @param refilled loads of which a part is kept and stored again at the same address
 * @param groups stores of carried registers that have company nearby, as those of a structure do
 */
public record Copies(
    Set<Register> unread,
    Set<Register> passedOn,
    Set<Register> carried,
    Set<Register> offered,
    Set<Instruction> refilled,
    Set<Instruction> groups) {
  /** None at all. */
  public static final Copies NONE =
      new Copies(Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), Set.of());

  /** How far apart the stores of a structure stand. */
  private static final int NEAR = 12;

  static Copies of(List<RoutinePlan> plans, Registers registers) {
    Map<Register, List<Instruction>> uses = new HashMap<>();
    Set<Register> set = new HashSet<>();
    Set<Register> returned = new HashSet<>();
    Set<Register> madeOtherwise = new HashSet<>();
    for (RoutinePlan plan : plans) {
      for (Step step : plan.steps) {
        Liveness.definitions(step, step.kind() == Step.Kind.CALL ? returned::add : set::add);
        if (!loadsOwn(step.instruction())) {
          Liveness.definitions(step, madeOtherwise::add);
        }
        Liveness.uses(
            step, r -> uses.computeIfAbsent(r, k -> new ArrayList<>()).add(step.instruction()));
      }
    }
    Set<Register> passed = new HashSet<>();
    Set<Register> offered = new HashSet<>();
    // What is set elsewhere, as parameters and results are, cannot be followed.
    Set<Register> carried = new HashSet<>(uses.keySet());
    carried.retainAll(set);
    carried.removeAll(returned);
    uses.forEach(
        (register, users) -> {
          if (users.stream().allMatch(in -> stores(in, register) && in.has("param"))) {
            passed.add(register);
          }
          if (users.stream().allMatch(in -> offers(in, register))) {
            offered.add(register);
          }
        });
    int before = -1;
    while (before != carried.size()) {
      before = carried.size();
      carried.removeIf(
          r -> !uses.getOrDefault(r, List.of()).stream().allMatch(in -> carries(in, r, carried)));
    }
    carried.removeAll(passed);
    carried.removeIf(r -> registers.isConstant(r) || r.type().bytes() > 8);
    offered.retainAll(set);
    offered.removeAll(madeOtherwise);
    offered.removeIf(registers::isConstant);
    Set<Instruction> refilled = Collections.newSetFromMap(new IdentityHashMap<>());
    Set<Instruction> groups = Collections.newSetFromMap(new IdentityHashMap<>());
    for (RoutinePlan plan : plans) {
      for (int i = 0; i < plan.steps.size(); i++) {
        Instruction in = plan.steps.get(i).instruction();
        if (refills(plan.steps, i, uses)) {
          refilled.add(in);
        }
        if (inCompany(plan.steps, i, carried)) {
          groups.add(in);
        }
      }
    }
    set.removeAll(uses.keySet());
    return new Copies(set, passed, carried, offered, refilled, groups);
  }

  /** The registers whose values a store stores, element after element; null for a constant. */
  public static List<@Nullable Register> stored(Instruction store) {
    List<@Nullable Register> values = new ArrayList<>();
    for (Operand element : Decoder.elements(store.operands().get(1))) {
      values.add(element instanceof Operand.Reg(Register register) ? register : null);
    }
    return values;
  }

  /** Whether it stores a register's value and does not need it for anything else. */
  private static boolean stores(Instruction in, Register register) {
    if (!in.opcode().equals("st") || in.operands().size() != 2 || isGuard(in, register)) {
      return false;
    }
    return stored(in).contains(register) && base(in.operands().get(0)) != register;
  }

  private static boolean carries(Instruction in, Register register, Set<Register> carried) {
    if (stores(in, register)) {
      return !in.has("global") && !in.has("shared") && !in.has("shared::cta");
    }
    return in.opcode().equals("mov")
        && in.operands().size() == 2
        && !isGuard(in, register)
        && in.operands().get(0) instanceof Operand.Reg(Register to)
        && in.operands().get(1) instanceof Operand.Reg
        && carried.contains(to);
  }

  /** A load whose place may be the thread's own. */
  private static boolean loadsOwn(Instruction in) {
    return in.opcode().equals("ld")
        && Stream.of("global", "shared", "shared::cta", "const", "param").noneMatch(in::has);
  }

  /** Whether it is one of the two values that a {@code selp} chooses from. */
  private static boolean offers(Instruction in, Register register) {
    return in.opcode().equals("selp")
        && in.guard() == null
        && in.operands().get(3) instanceof Operand.Reg(Register chooser)
        && chooser != register;
  }

  private static boolean isGuard(Instruction in, Register register) {
    return in.guard() != null && in.guard().predicate() == register;
  }

  private static @Nullable Register base(Operand address) {
    return address instanceof Operand.Address(Operand.Reg(Register base), long offset)
        ? base
        : null;
  }

  /** Follows what a load loads through the masking and the filling in, back to where it was. */
  private static boolean refills(List<Step> all, int at, Map<Register, List<Instruction>> uses) {
    Instruction load = all.get(at).instruction();
    if (!load.opcode().equals("ld")
        || load.operands().size() != 2
        || !(load.operands().get(0) instanceof Operand.Reg(Register loaded))) {
      return false;
    }
    Operand place = load.operands().get(1);
    Register value = loaded;
    boolean masked = false;
    for (int i = at + 1; i < all.size() && i <= at + NEAR; i++) {
      Instruction in = all.get(i).instruction();
      boolean[] moved = {all.get(i).endsBlock()};
      Liveness.definitions(all.get(i), r -> moved[0] |= r == base(place));
      if (moved[0]) {
        return false;
      }
      List<Instruction> users = uses.getOrDefault(value, List.of());
      if (users.size() != 1) {
        return false;
      }
      if (users.get(0) != in) {
        continue;
      }
      if (stores(in, value)) {
        return masked && in.operands().get(0).equals(place);
      }
      boolean mask =
          in.opcode().equals("and") && in.operands().get(2) instanceof Operand.IntLiteral
              || in.opcode().equals("bfi");
      if (!mask && !(masked && in.opcode().equals("or"))
          || !(in.operands().get(0) instanceof Operand.Reg(Register result))) {
        return false;
      }
      masked = true;
      value = result;
    }
    return false;
  }

  private static boolean inCompany(List<Step> all, int at, Set<Register> carried) {
    if (!storesAny(all.get(at).instruction(), carried)) {
      return false;
    }
    for (int i = Math.max(0, at - NEAR); i < Math.min(all.size(), at + NEAR + 1); i++) {
      if (i != at && storesAny(all.get(i).instruction(), carried)) {
        return true;
      }
    }
    return false;
  }

  private static boolean storesAny(Instruction in, Set<Register> registers) {
    return in.opcode().equals("st")
        && in.operands().size() == 2
        && stored(in).stream().anyMatch(r -> r != null && registers.contains(r));
  }
}
