package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
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
 * What becomes of the values in registers: compilers copy structures word by word, padding and all,
 * pick bytes out of words, and fill a bit field by reading the others around it. Nothing depends
 * then on some of the bits, which may be without a value.
 *
 * @param needed by register, the bits that something is computed or decided with
 * @param carried by register, the bits that are stored somewhere as they were loaded
 * @param kept those of them that may stay in the thread's own memory
 * @param offered registers that are loaded to be chosen by a {@code selp} or not, and for nothing
 *     else: compilers load first and ask then whether there is anything
 * @param refilled loads of which a part is kept and stored again at the same address
 * @param refilling the registers this goes through
 * @param groups loads and stores of carried bits that have company nearby, as those of a structure
 * @param literals registers that hold a number known
 * @param instructions of the kernel and the functions it may call
 * @param passed arguments and results on their way from register to register
 * @param called by call, the number of the body it leads into, unless that calls itself
 */
public record Copies(
    Map<Register, Long> needed,
    Map<Register, Long> carried,
    Map<Register, Long> kept,
    Set<Register> offered,
    Set<Instruction> refilled,
    Set<Register> refilling,
    Set<Instruction> groups,
    Map<Register, Long> literals,
    List<Instruction> instructions,
    List<BitFlow> passed,
    Map<Instruction, Integer> called) {
  /** None at all. */
  public static final Copies NONE =
      new Copies(
          Map.of(), Map.of(), Map.of(), Set.of(), Set.of(), Set.of(), Set.of(), Map.of(), List.of(),
          List.of(), Map.of());

  /** How far apart the loads or stores of a structure stand. */
  private static final int NEAR = 12;

  private static final Set<String> MASKING = Set.of("and", "bfi", "prmt");

  static Copies of(List<RoutinePlan> plans, CallGraph graph, Registers registers) {
    PassedValues passed = PassedValues.of(plans, graph);
    Map<Register, Long> literals = literals(plans);
    Set<Instruction> refilled = identities();
    Set<Register> refilling = new HashSet<>();
    List<Instruction> instructions = new ArrayList<>();
    for (RoutinePlan plan : plans) {
      Map<Register, List<Instruction>> users = users(plan.steps);
      for (int i = 0; i < plan.steps.size(); i++) {
        Step step = plan.steps.get(i);
        if (step.kind() != Step.Kind.BRANCH) {
          instructions.add(step.instruction());
        }
        refills(plan.steps, i, users, literals, refilled, refilling);
      }
    }
    Set<Register> offered = offered(plans, registers);
    NeededBits bits = new NeededBits(literals, refilling, offered);
    bits.follow(plans, passed);
    bits.carried().keySet().removeIf(registers::isConstant);
    Set<Instruction> groups = identities();
    for (RoutinePlan plan : plans) {
      for (int i = 0; i < plan.steps.size(); i++) {
        if (inCompany(plan.steps, i, bits.carried())) {
          groups.add(plan.steps.get(i).instruction());
        }
      }
    }
    return new Copies(
        bits.needed(),
        bits.carried(),
        bits.kept(),
        offered,
        refilled,
        refilling,
        groups,
        literals,
        instructions,
        passed.steps(),
        passed.entered());
  }

  /** The registers whose values a store stores, element after element; null for a constant. */
  public static List<@Nullable Register> stored(Instruction store) {
    return registers(store.operands().get(1));
  }

  /** The registers a load loads, element after element; null for one that goes nowhere. */
  public static List<@Nullable Register> loaded(Instruction load) {
    return registers(load.operands().get(0));
  }

  /** What an instruction moves where; null if it does more than move bits about. */
  public @Nullable BitFlows flows(Instruction in) {
    return BitFlows.of(in, literals);
  }

  /** Whether it is an {@code ld} of the usual shape. */
  public static boolean isLoad(Instruction in) {
    return in.opcode().equals("ld") && in.operands().size() == 2;
  }

  /** Whether it is an {@code st} of the usual shape. */
  public static boolean isStore(Instruction in) {
    return in.opcode().equals("st") && in.operands().size() == 2;
  }

  /** Whether a store goes where others can see it. */
  public static boolean leaves(Instruction store) {
    return store.has("global") || store.has("shared") || store.has("shared::cta");
  }

  /** The bits of a register that something depends on. */
  public long needed(Register register) {
    return register.body() == CallDecoder.SYSTEM ? -1 : needed.getOrDefault(register, 0L);
  }

  /** Bytes of each element an access has. */
  public static int elementBytes(Instruction in) {
    ScalarType type = ScalarType.named(in.modifiers().getLast());
    return type == null ? 8 : type.bytes();
  }

  private static List<@Nullable Register> registers(Operand operand) {
    List<@Nullable Register> values = new ArrayList<>();
    for (Operand element : Decoder.elements(operand)) {
      values.add(element instanceof Operand.Reg(Register register) ? register : null);
    }
    return values;
  }

  private static Set<Instruction> identities() {
    return Collections.newSetFromMap(new IdentityHashMap<>());
  }

  /** The registers that are set once, to a number. */
  private static Map<Register, Long> literals(List<RoutinePlan> plans) {
    Map<Register, Long> literals = new HashMap<>();
    Map<Register, Integer> sets = new HashMap<>();
    for (RoutinePlan plan : plans) {
      for (Step step : plan.steps) {
        Liveness.definitions(step, r -> sets.merge(r, 1, Integer::sum));
        Instruction in = step.instruction();
        if (BitFlows.isCopy(in)
            && in.guard() == null
            && in.operands().size() == 2
            && in.operands().get(0) instanceof Operand.Reg(Register to)
            && in.operands().get(1) instanceof Operand.IntLiteral(long value)) {
          literals.put(to, value);
        }
      }
    }
    literals.keySet().removeIf(r -> sets.getOrDefault(r, 0) != 1);
    return literals;
  }

  private static Set<Register> offered(List<RoutinePlan> plans, Registers registers) {
    Set<Register> offered = new HashSet<>();
    Set<Register> chosen = new HashSet<>();
    Set<Register> others = new HashSet<>();
    for (RoutinePlan plan : plans) {
      for (Step step : plan.steps) {
        Instruction in = step.instruction();
        Liveness.definitions(step, (loadsOwn(in) ? offered : others)::add);
        Liveness.uses(step, r -> (offers(in, r) ? chosen : others).add(r));
      }
    }
    offered.retainAll(chosen);
    offered.removeAll(others);
    offered.removeIf(registers::isConstant);
    return offered;
  }

  /** A load whose place may be the thread's own. */
  private static boolean loadsOwn(Instruction in) {
    return isLoad(in)
        && Stream.of("global", "shared", "shared::cta", "const", "param").noneMatch(in::has);
  }

  /** Whether it is one of the two values that a {@code selp} chooses from. */
  private static boolean offers(Instruction in, Register register) {
    return in.opcode().equals("selp")
        && in.guard() == null
        && in.operands().size() == 4
        && in.operands().get(3) instanceof Operand.Reg(Register chooser)
        && chooser != register;
  }

  private static Map<Register, List<Instruction>> users(List<Step> steps) {
    Map<Register, List<Instruction>> users = new HashMap<>();
    for (Step step : steps) {
      Liveness.uses(
          step, r -> users.computeIfAbsent(r, k -> new ArrayList<>()).add(step.instruction()));
    }
    return users;
  }

  private static @Nullable Register base(Operand address) {
    return address instanceof Operand.Address(Operand.Reg(Register base), long offset)
        ? base
        : null;
  }

  /** Follows what a load loads through the masking and the filling in, back to where it was. */
  private static void refills(
      List<Step> all,
      int at,
      Map<Register, List<Instruction>> uses,
      Map<Register, Long> literals,
      Set<Instruction> refilled,
      Set<Register> refilling) {
    Instruction load = all.get(at).instruction();
    if (!isLoad(load) || !(load.operands().get(0) instanceof Operand.Reg(Register loaded))) {
      return;
    }
    Operand place = load.operands().get(1);
    List<Register> chain = new ArrayList<>(List.of(loaded));
    boolean masked = false;
    for (int i = at + 1; i < all.size() && i <= at + NEAR; i++) {
      Instruction in = all.get(i).instruction();
      boolean[] moved = {all.get(i).endsBlock()};
      Liveness.definitions(all.get(i), r -> moved[0] |= r == base(place));
      Register value = chain.getLast();
      List<Instruction> users = uses.getOrDefault(value, List.of());
      if (moved[0] || users.size() != 1) {
        return;
      }
      if (users.get(0) != in) {
        continue;
      }
      if (isStore(in) && stored(in).contains(value) && base(in.operands().get(0)) != value) {
        if (masked && in.operands().get(0).equals(place)) {
          refilled.add(load);
          refilling.addAll(chain);
        }
        return;
      }
      BitFlows flows = BitFlows.of(in, literals);
      boolean mask =
          flows != null
              && MASKING.contains(in.opcode())
              && !flows.used().contains(value)
              && flows.flows().stream().anyMatch(f -> f.from() == value && masks(f));
      if (!mask && !(masked && flows != null)
          || !(in.operands().get(0) instanceof Operand.Reg(Register result))) {
        return;
      }
      masked = true;
      chain.add(result);
    }
  }

  /** Whether it leaves out some of the bits. */
  private static boolean masks(BitFlow flow) {
    long all = BitFlows.low(Math.max(flow.from().type().bits(), 1));
    return flow.spread() == 0 && (flow.mask() & all) != all;
  }

  private static boolean inCompany(List<Step> all, int at, Map<Register, Long> carried) {
    Instruction in = all.get(at).instruction();
    int own = carriers(in, isLoad(in), carried);
    if (own != 1) {
      return own > 1;
    }
    for (int i = Math.max(0, at - NEAR); i < Math.min(all.size(), at + NEAR + 1); i++) {
      if (i != at && carriers(all.get(i).instruction(), isLoad(in), carried) > 0) {
        return true;
      }
    }
    return false;
  }

  /** How many registers with carried bits it loads or stores. */
  private static int carriers(Instruction in, boolean loads, Map<Register, Long> carried) {
    if (loads ? !isLoad(in) : !isStore(in)) {
      return 0;
    }
    return (int)
        (loads ? loaded(in) : stored(in))
            .stream().filter(r -> r != null && carried.getOrDefault(r, 0L) != 0).count();
  }
}
