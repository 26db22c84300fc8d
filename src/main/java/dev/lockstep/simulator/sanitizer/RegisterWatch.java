package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.lowering.BitFlow;
import dev.lockstep.simulator.lowering.BitFlows;
import dev.lockstep.simulator.lowering.Copies;
import dev.lockstep.simulator.lowering.Dataflow;
import dev.lockstep.simulator.lowering.RegisterPlaces;
import dev.lockstep.simulator.op.Branch;
import dev.lockstep.simulator.op.Jump;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Registers that may lack a value, which few kernels have: those that some path reads before it
 * writes them, and those that carry what a load may bring along without a value. For each it is
 * remembered which bits have none, lane by lane.
 *
 * <p>To move such bits about ({@code mov}, {@code selp}, masks, shifts, picking and filling in, see
 * {@link BitFlows}) is no mistake, as compilers do so where paths join, with structures and with
 * bit fields; where they go, there is no value, either. Any other use is, but in the thread's own
 * memory, which may be a structure with padding. A {@code selp} counts as set where one of its
 * choices is. Nor is it a mistake to compute with what only some lanes set, as long as the others
 * let the result lie: that is how a warp adds up what some of its lanes have, or hears from the one
 * that knows. Functions are treated as if they stood where they are called.
 */
final class RegisterWatch {
  private static final Set<String> PURE =
      Set.of(
          "abs", "add", "and", "bfe", "bfi", "brev", "clz", "cos", "cvt", "div", "ex2", "fma",
          "lg2", "lop3", "mad", "max", "min", "mul", "neg", "not", "or", "popc", "prmt", "rcp",
          "rem", "rsqrt", "set", "setp", "shf", "shfl", "shl", "shr", "sin", "sqrt", "sub", "tanh",
          "xor");

  private final WatchedRegisters registers;
  private final Copies copies;
  private final List<Register> undefined;

  /** Set by some lanes, and computed from such. */
  private final Set<Register> spreading = new HashSet<>();

  /**
   * @param undefined registers that may be read before they are written
   */
  RegisterWatch(List<Register> undefined, Copies copies, LoadNeeds needs, RegisterPlaces places) {
    this.copies = copies;
    this.undefined = undefined;
    Set<Register> made = new HashSet<>();
    Set<Register> watched = new LinkedHashSet<>(undefined);
    for (Instruction in : copies.instructions()) {
      Dataflow.definitions(
          in,
          r -> {
            spreading.add(r);
            if (needs.brings(in, r)) {
              watched.add(r);
            }
          });
    }
    spreading.retainAll(undefined);
    // Copies of copies: as many rounds as the longest chain is long.
    int before = -1;
    while (!watched.isEmpty() && watched.size() + spreading.size() != before) {
      before = watched.size() + spreading.size();
      for (Instruction in : copies.instructions()) {
        follow(in, watched, made);
      }
      for (BitFlow passed : copies.passed()) {
        follow(passed, watched);
      }
    }
    registers = new WatchedRegisters(watched, made, places);
  }

  private void follow(Instruction in, Set<Register> watched, Set<Register> made) {
    BitFlows flows = copies.flows(in);
    if (flows != null) {
      flows.flows().forEach(flow -> follow(flow, watched));
      if (in.opcode().equals("selp")) {
        Dataflow.definitions(
            in, to -> flows.used().forEach(r -> follow(new BitFlow(r, to, -1, 0, -1), watched)));
      }
    }
    boolean[] any = new boolean[1];
    Dataflow.uses(in, r -> any[0] |= spreading.contains(r));
    if (any[0] && isPure(in)) {
      Dataflow.definitions(in, watched::add);
      Dataflow.definitions(in, spreading::add);
      Dataflow.definitions(in, made::add);
    }
  }

  private void follow(BitFlow flow, Set<Register> watched) {
    if (watched.contains(flow.from())) {
      watched.add(flow.to());
    }
    if (spreading.contains(flow.from())) {
      spreading.add(flow.to());
    }
  }

  int count() {
    return registers.count();
  }

  /** The numbers of those that a function has never set when this call enters it. */
  int[] entered(Instruction call) {
    Integer body = copies.called().get(call);
    return body == null ? new int[0] : registers.numbers(undefinedIn(body));
  }

  private List<Register> undefinedIn(int body) {
    return undefined.stream().filter(r -> r.body() == body).toList();
  }

  /** Whether a store may store what has no value. */
  boolean stores(Instruction in) {
    return Copies.isStore(in)
        && Copies.stored(in).stream().anyMatch(r -> r != null && registers.watches(r));
  }

  /** Watches what an instruction does to the registers; null if it does nothing to them. */
  @Nullable Op around(Op op, Instruction in) {
    if (registers.isEmpty() || op instanceof Jump) {
      return null;
    }
    Set<Register> uses = new LinkedHashSet<>();
    Set<Register> sets = new LinkedHashSet<>();
    if (op instanceof Branch) {
      // It may stand for any instruction under a guard, of which it is the guard.
      if (in.guard() != null) {
        add(uses, in.guard().predicate());
      }
    } else if (in.opcode().equals("call")) {
      // What is passed is moved by ops of its own.
      in.operands().forEach(operand -> add(uses, register(operand)));
    } else {
      Dataflow.uses(in, r -> add(uses, r));
      Dataflow.definitions(in, r -> add(sets, r));
    }
    if (uses.isEmpty() && sets.isEmpty() || in.opcode().equals("ret")) {
      return null;
    }
    Register guard = in.guard() == null ? null : in.guard().predicate();
    if (guard != null && registers.watches(guard)) {
      uses.remove(guard);
    } else {
      guard = null;
    }
    if (op instanceof Branch) {
      return new WatchedOps.Watched(registers, op, guard, uses, sets);
    }
    return around(op, in, guard, uses, sets);
  }

  private @Nullable Op around(
      Op op, Instruction in, @Nullable Register guard, Set<Register> uses, Set<Register> sets) {
    if (in.opcode().equals("selp")) {
      boolean offers = uses.removeAll(copies.offered());
      Op choice = offers ? new WatchedOps.Offered(registers, op, in) : op;
      if (offers && uses.isEmpty() && sets.isEmpty() && guard == null) {
        return choice;
      }
      Register chooser = register(in.operands().getLast());
      uses.remove(chooser);
      return new WatchedOps.Chosen(registers, choice, guard, uses, sets, chooser);
    }
    BitFlows flows = copies.flows(in);
    if (flows != null) {
      uses.retainAll(flows.used());
      return uses.isEmpty() && sets.isEmpty() && guard == null
          ? null
          : new WatchedOps.Moved(registers, op, guard, uses, sets, flows.flows());
    }
    if (isPure(in) && spreads(in, uses)) {
      Op shuffled = in.opcode().equals("shfl") ? shuffled(op, guard, in) : null;
      return shuffled != null ? shuffled : new WatchedOps.Spread(registers, op, guard, uses, sets);
    }
    if (Copies.isLoad(in) && !sets.isEmpty()) {
      return new WatchedAccesses.Loaded(registers, op, guard, uses, in);
    }
    if (stores(in)) {
      List<@Nullable Register> values = Copies.stored(in);
      uses.removeIf(r -> values.contains(r) && !isAddress(in, r));
      return new WatchedAccesses.Stored(
          registers, op, guard, uses, in, copies.groups().contains(in), copies.refilling());
    }
    return new WatchedOps.Watched(registers, op, guard, uses, sets);
  }

  /** Whether it does nothing but compute its results, of which nobody need take notice. */
  private static boolean isPure(Instruction in) {
    return PURE.contains(in.opcode());
  }

  /** Whether what it uses may be passed on to its results, which are all watched. */
  private boolean spreads(Instruction in, Set<Register> uses) {
    boolean[] all = {!uses.isEmpty() && spreading.containsAll(uses)};
    Dataflow.definitions(in, r -> all[0] &= spreading.contains(r));
    return all[0];
  }

  private @Nullable Op shuffled(Op op, @Nullable Register guard, Instruction in) {
    List<Operand> operands = in.operands();
    Operand to = operands.get(0);
    boolean simple =
        in.has("sync") && operands.size() == 5 && operands.get(1) instanceof Operand.Reg;
    Register result = register(to instanceof Operand.Pair(Operand first, Operand p) ? first : to);
    Register value = register(operands.get(1));
    if (!simple || result == null || value == null) {
      return null;
    }
    for (Operand operand : operands.subList(2, 4)) {
      Register r = register(operand);
      boolean known =
          operand instanceof Operand.IntLiteral
              || r != null && registers.slot(r).file() == Slot.INTS && !registers.watches(r);
      if (!known) {
        return null;
      }
    }
    return new WatchedOps.Shuffled(
        registers, op, guard, in, registers.number(result), registers.number(value));
  }

  static @Nullable Register register(Operand operand) {
    return operand instanceof Operand.Reg(Register register) ? register : null;
  }

  private static boolean isAddress(Instruction in, Register register) {
    return in.operands().get(0) instanceof Operand.Address(Operand.Reg(Register base), long offset)
        && base == register;
  }

  private void add(Set<Register> to, @Nullable Register register) {
    if (register != null && registers.watches(register)) {
      to.add(register);
    }
  }
}
