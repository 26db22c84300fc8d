package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
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
 * Registers that some path reads before it writes them, which few kernels have: for each it is
 * remembered which lanes have set it.
 *
 * <p>A copy ({@code mov}, {@code selp}) of what was never set is no mistake yet, as compilers make
 * such copies where paths join; the copy then counts as never set. Any other use is, but in a
 * parameter of a function or in the thread's own memory, which may be a structure with padding. A
 * {@code selp} counts as set if one of its choices is. Nor is it a mistake to compute with what
 * only some lanes set, as long as the others let the result lie: that is how a warp adds up what
 * some of its lanes have, or hears from the one that knows. What was loaded from local memory
 * nobody has written is treated likewise while it is only copied; if all that becomes of it is that
 * a {@code selp} may choose it, that choice is the mistake.
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

  /** Set by some lanes, and computed from such. */
  private final Set<Register> spreading = new HashSet<>();

  /**
   * @param undefined registers that may be read before they are written
   */
  RegisterWatch(PtxKernel kernel, List<Register> undefined, Copies copies, RegisterPlaces places) {
    this.copies = copies;
    Set<Register> made = new HashSet<>();
    kernel.instructions().forEach(in -> Dataflow.definitions(in, spreading::add));
    spreading.retainAll(undefined);
    Set<Register> watched = new LinkedHashSet<>(undefined);
    watched.addAll(copies.carried());
    // Copies of copies: as many rounds as the longest chain is long.
    int before = -1;
    while (!watched.isEmpty() && watched.size() != before) {
      before = watched.size();
      for (Instruction in : kernel.instructions()) {
        boolean[] any = new boolean[2];
        Dataflow.uses(in, r -> any[0] |= watched.contains(r));
        Dataflow.uses(in, r -> any[1] |= spreading.contains(r));
        if (any[0] && isCopy(in)) {
          Dataflow.definitions(in, watched::add);
        }
        if (any[1] && (isCopy(in) || isPure(in))) {
          Dataflow.definitions(in, watched::add);
          Dataflow.definitions(in, spreading::add);
        }
        if (any[1] && isPure(in)) {
          Dataflow.definitions(in, made::add);
        }
      }
    }
    watched.addAll(copies.offered());
    registers = new WatchedRegisters(watched, made, places);
  }

  int count() {
    return registers.count();
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
    } else if (!isHandedOver(in)) {
      Dataflow.uses(in, r -> add(uses, r));
      Dataflow.definitions(in, r -> add(sets, r));
    }
    if (uses.isEmpty() && sets.isEmpty()) {
      return null;
    }
    Register guard = in.guard() == null ? null : in.guard().predicate();
    if (guard != null && registers.watches(guard)) {
      uses.remove(guard);
    } else {
      guard = null;
    }
    if (uses.removeAll(copies.offered())) {
      op = new WatchedOps.Offered(registers, op, in);
      if (uses.isEmpty() && sets.isEmpty()) {
        return op;
      }
    }
    if (isCopy(in)) {
      boolean chooses = in.opcode().equals("selp");
      Register choice = chooses ? register(in.operands().getLast()) : null;
      int chooser = choice == null || !uses.remove(choice) ? -1 : registers.number(choice);
      return new WatchedOps.Copied(
          registers, op, guard, indices(uses), indices(sets), chooses, chooser);
    }
    if (isPure(in) && spreads(in, uses)) {
      Op shuffled = in.opcode().equals("shfl") ? shuffled(op, guard, in) : null;
      return shuffled != null
          ? shuffled
          : new WatchedOps.Spread(registers, op, guard, indices(uses), indices(sets));
    }
    if (carries(in, sets)) {
      return new WatchedOps.Loaded(
          registers, op, guard, List.copyOf(uses), indices(uses), loaded(in), bytes(in));
    }
    if (isOwnStore(in)) {
      List<@Nullable Register> values = Copies.stored(in);
      uses.removeIf(r -> values.contains(r) && !isAddress(in, r));
      return new WatchedOps.Stored(
          registers,
          op,
          guard,
          List.copyOf(uses),
          indices(uses),
          values,
          in,
          copies.groups().contains(in));
    }
    return new WatchedOps.Watched(
        registers, op, guard, List.copyOf(uses), indices(uses), indices(sets));
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

  /** A store whose place may be the thread's own. */
  private static boolean isOwnStore(Instruction in) {
    return in.opcode().equals("st")
        && in.operands().size() == 2
        && !in.has("global")
        && !in.has("shared")
        && !in.has("shared::cta");
  }

  private boolean carries(Instruction in, Set<Register> sets) {
    return in.opcode().equals("ld")
        && !sets.isEmpty()
        && sets.stream()
            .allMatch(r -> copies.carried().contains(r) || copies.offered().contains(r));
  }

  private static boolean isAddress(Instruction in, Register register) {
    return in.operands().get(0) instanceof Operand.Address(Operand.Reg(Register base), long offset)
        && base == register;
  }

  /** The numbers of the registers a load loads, element after element; −1 for one not watched. */
  private int[] loaded(Instruction in) {
    List<Operand> elements =
        in.operands().get(0) instanceof Operand.Vector(List<Operand> all)
            ? all
            : List.of(in.operands().get(0));
    return elements.stream()
        .mapToInt(
            e -> e instanceof Operand.Reg(Register register) ? registers.number(register) : -1)
        .toArray();
  }

  /** Bytes of each element an access has. */
  static int bytes(Instruction in) {
    ScalarType type = ScalarType.named(in.modifiers().getLast());
    return type == null ? 8 : type.bytes();
  }

  private void add(Set<Register> to, Register register) {
    if (registers.watches(register)) {
      to.add(register);
    }
  }

  private int[] indices(Set<Register> some) {
    return some.stream().mapToInt(registers::number).toArray();
  }

  private static boolean isCopy(Instruction in) {
    return in.opcode().equals("mov") || in.opcode().equals("selp");
  }

  /** Whether it makes a parameter of values, for a function to use or not: padding, for example. */
  private static boolean isHandedOver(Instruction in) {
    return in.opcode().equals("st") && in.has("param");
  }
}
