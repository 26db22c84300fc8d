package dev.lockstep.simulator.sanitizer;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.lowering.Dataflow;
import dev.lockstep.simulator.op.Branch;
import dev.lockstep.simulator.op.Guarded;
import dev.lockstep.simulator.op.Jump;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Registers that some path reads before it writes them, which few kernels have: for each it is
 * remembered which lanes have set it.
 *
 * <p>A copy ({@code mov}, {@code selp}) of what was never set is no mistake yet, as compilers make
 * such copies where paths join; the copy then counts as never set. Any other use is, but in a
 * parameter of a function, which may be a structure with padding. A {@code selp} counts as set if
 * one of its choices is.
 */
final class RegisterWatch {
  private final Map<Register, Integer> numbers = new HashMap<>();

  /**
   * @param undefined registers that may be read before they are written
   */
  RegisterWatch(PtxKernel kernel, List<Register> undefined) {
    Set<Register> watched = new LinkedHashSet<>(undefined);
    // Copies of copies: as many rounds as the longest chain is long.
    int before = -1;
    while (!watched.isEmpty() && watched.size() != before) {
      before = watched.size();
      for (Instruction in : kernel.instructions()) {
        if (isCopy(in)) {
          boolean[] any = new boolean[1];
          Dataflow.uses(in, r -> any[0] |= watched.contains(r));
          if (any[0]) {
            Dataflow.definitions(in, watched::add);
          }
        }
      }
    }
    for (Register register : watched) {
      numbers.put(register, numbers.size());
    }
  }

  int count() {
    return numbers.size();
  }

  /** Watches what an instruction does to the registers; null if it does nothing to them. */
  @Nullable Op around(Op op, Instruction in) {
    if (numbers.isEmpty() || op instanceof Jump) {
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
    if (guard != null && numbers.containsKey(guard)) {
      uses.remove(guard);
    } else {
      guard = null;
    }
    return isCopy(in)
        ? new Copied(op, guard, indices(uses), indices(sets), in.opcode().equals("selp"))
        : new Watched(op, guard, List.copyOf(uses), indices(uses), indices(sets));
  }

  private void add(Set<Register> to, Register register) {
    if (numbers.containsKey(register)) {
      to.add(register);
    }
  }

  private int[] indices(Set<Register> registers) {
    return registers.stream().mapToInt(this::number).toArray();
  }

  private int number(Register register) {
    return numbers.getOrDefault(register, -1);
  }

  private static boolean isCopy(Instruction in) {
    return in.opcode().equals("mov") || in.opcode().equals("selp");
  }

  /** Whether it makes a parameter of values, for a function to use or not: padding, for example. */
  private static boolean isHandedOver(Instruction in) {
    return in.opcode().equals("st") && in.has("param");
  }

  private static DeviceFault fault(Warp w, int lanes, Register register) {
    return new DeviceFault.UninitializedRead(
        "register " + register.name() + ", which the thread has never set",
        w.site(Integer.numberOfTrailingZeros(lanes)));
  }

  /** Common to both: who really executes the instruction. */
  private abstract class Around extends Op {
    final Op op;
    private final @Nullable Register guard;
    private final int guardNumber;

    Around(Op op, @Nullable Register guard) {
      this.op = op;
      this.guard = guard;
      this.guardNumber = guard == null ? -1 : number(guard);
    }

    @Override
    public final boolean isBarrier() {
      return op.isBarrier();
    }

    int chosen(Warp w, int[] defined) {
      if (guard != null && (w.mask & ~defined[guardNumber]) != 0) {
        throw fault(w, w.mask & ~defined[guardNumber], guard);
      }
      return op instanceof Guarded guarded ? guarded.chosen(w) : w.mask;
    }
  }

  /** An instruction that uses values. */
  private final class Watched extends Around {
    private final List<Register> names;
    private final int[] uses;
    private final int[] sets;

    Watched(Op op, @Nullable Register guard, List<Register> names, int[] uses, int[] sets) {
      super(op, guard);
      this.names = names;
      this.uses = uses;
      this.sets = sets;
    }

    @Override
    public void execute(Warp w) {
      int[] defined = BlockShadow.of(w).defined[w.index()];
      int lanes = chosen(w, defined);
      for (int i = 0; i < uses.length; i++) {
        if ((lanes & ~defined[uses[i]]) != 0) {
          throw fault(w, lanes & ~defined[uses[i]], names.get(i));
        }
      }
      op.execute(w);
      // An operation of the whole warp was done by those that came together at it, or not yet.
      int done = op instanceof Guarded ? lanes : w.mask;
      for (int set : sets) {
        defined[set] |= done;
      }
    }
  }

  /** An instruction that only copies. */
  private final class Copied extends Around {
    private final int[] uses;
    private final int[] sets;
    private final boolean chooses;

    Copied(Op op, @Nullable Register guard, int[] uses, int[] sets, boolean chooses) {
      super(op, guard);
      this.uses = uses;
      this.sets = sets;
      this.chooses = chooses;
    }

    @Override
    public void execute(Warp w) {
      int[] defined = BlockShadow.of(w).defined[w.index()];
      int lanes = chosen(w, defined);
      int good = -1;
      if (chooses && uses.length > 1) {
        good = 0;
        for (int use : uses) {
          good |= defined[use];
        }
      } else if (!chooses) {
        for (int use : uses) {
          good &= defined[use];
        }
      }
      op.execute(w);
      for (int set : sets) {
        defined[set] = (defined[set] & ~lanes) | (good & lanes);
      }
    }
  }
}
