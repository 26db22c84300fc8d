package dev.lockstep.simulator.sanitizer;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.lowering.Copies;
import dev.lockstep.simulator.lowering.Dataflow;
import dev.lockstep.simulator.lowering.RegisterPlaces;
import dev.lockstep.simulator.op.Branch;
import dev.lockstep.simulator.op.Guarded;
import dev.lockstep.simulator.op.Jump;
import dev.lockstep.simulator.op.Shuffle;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
 * nobody has written is treated likewise while it is only copied.
 */
final class RegisterWatch {
  private static final Set<String> PURE =
      Set.of(
          "abs", "add", "and", "bfe", "bfi", "brev", "clz", "cos", "cvt", "div", "ex2", "fma",
          "lg2", "lop3", "mad", "max", "min", "mul", "neg", "not", "or", "popc", "prmt", "rcp",
          "rem", "rsqrt", "set", "setp", "shf", "shfl", "shl", "shr", "sin", "sqrt", "sub", "tanh",
          "xor");

  private final Map<Register, Integer> numbers = new HashMap<>();
  private final Copies copies;
  private final RegisterPlaces places;

  /** Set by some lanes, and computed from such. */
  private final Set<Register> spreading = new HashSet<>();

  /** Those of them that are computed. */
  private final Set<Register> made = new HashSet<>();

  /**
   * @param undefined registers that may be read before they are written
   */
  RegisterWatch(PtxKernel kernel, List<Register> undefined, Copies copies, RegisterPlaces places) {
    this.copies = copies;
    this.places = places;
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
    if (isCopy(in)) {
      boolean chooses = in.opcode().equals("selp");
      Register choice = chooses ? register(in.operands().getLast()) : null;
      int chooser = choice == null || !uses.remove(choice) ? -1 : number(choice);
      return new Copied(op, guard, indices(uses), indices(sets), chooses, chooser);
    }
    if (isPure(in) && spreads(in, uses)) {
      Op shuffled = in.opcode().equals("shfl") ? shuffled(op, guard, in) : null;
      return shuffled != null ? shuffled : new Spread(op, guard, indices(uses), indices(sets));
    }
    if (carries(in, sets)) {
      return new Loaded(op, guard, List.copyOf(uses), indices(uses), loaded(in), bytes(in));
    }
    if (isOwnStore(in)) {
      List<@Nullable Register> values = Copies.stored(in);
      uses.removeIf(r -> values.contains(r) && !isAddress(in, r));
      return new Stored(op, guard, List.copyOf(uses), indices(uses), values, in);
    }
    return new Watched(op, guard, List.copyOf(uses), indices(uses), indices(sets));
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
              || r != null && places.slot(r).file() == Slot.INTS && !numbers.containsKey(r);
      if (!known) {
        return null;
      }
    }
    return new Shuffled(op, guard, in, number(result), number(value));
  }

  private static @Nullable Register register(Operand operand) {
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
    return in.opcode().equals("ld") && !sets.isEmpty() && copies.carried().containsAll(sets);
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
        .mapToInt(e -> e instanceof Operand.Reg(Register register) ? number(register) : -1)
        .toArray();
  }

  /** Bytes of each element an access has. */
  private static int bytes(Instruction in) {
    ScalarType type = ScalarType.named(in.modifiers().getLast());
    return type == null ? 8 : type.bytes();
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

  private DeviceFault fault(Warp w, int lanes, Register register) {
    String what = made.contains(register) ? ", made from what" : ", which";
    return new DeviceFault.UninitializedRead(
        "register " + register.name() + what + " the thread has never set",
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
  private class Watched extends Around {
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
    public final void execute(Warp w) {
      int[] defined = BlockShadow.of(w).defined[w.index()];
      int lanes = chosen(w, defined);
      for (int i = 0; i < uses.length; i++) {
        if ((lanes & ~defined[uses[i]]) != 0) {
          throw fault(w, lanes & ~defined[uses[i]], names.get(i));
        }
      }
      execute(w, defined, lanes);
    }

    /** Executes it once its operands have been found good. */
    void execute(Warp w, int[] defined, int lanes) {
      op.execute(w);
      // An operation of the whole warp was done by those that came together at it, or not yet.
      int done = op instanceof Guarded ? lanes : w.mask;
      for (int set : sets) {
        defined[set] |= done;
      }
    }
  }

  /** An instruction that computes: of what has no value, something that has none. */
  private final class Spread extends Around {
    private final int[] uses;
    private final int[] sets;

    Spread(Op op, @Nullable Register guard, int[] uses, int[] sets) {
      super(op, guard);
      this.uses = uses;
      this.sets = sets;
    }

    @Override
    public void execute(Warp w) {
      int[] defined = BlockShadow.of(w).defined[w.index()];
      int lanes = chosen(w, defined);
      int good = -1;
      for (int use : uses) {
        good &= defined[use];
      }
      op.execute(w);
      for (int set : sets) {
        defined[set] = defined[set] & ~lanes | good & lanes;
      }
    }
  }

  /** A lane hears from another, and has a value if that one had. */
  private final class Shuffled extends Around {
    private final Shuffle.Mode mode;
    private final Operand distance;
    private final Operand clamp;
    private final int d;
    private final int a;

    Shuffled(Op op, @Nullable Register guard, Instruction in, int d, int a) {
      super(op, guard);
      this.mode = Shuffle.Mode.valueOf(in.modifiers().get(1).toUpperCase(Locale.ROOT));
      this.distance = in.operands().get(2);
      this.clamp = in.operands().get(3);
      this.d = d;
      this.a = a;
    }

    @Override
    public void execute(Warp w) {
      int[] defined = BlockShadow.of(w).defined[w.index()];
      chosen(w, defined);
      int[] by = copy(w, distance);
      int[] within = copy(w, clamp);
      op.execute(w);
      int given = defined[a];
      int good = 0;
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        int giver = Shuffle.giver(w, mode, lane, by[lane], within[lane]);
        good |= (given >>> giver & 1) << lane;
      }
      defined[d] = defined[d] & ~w.mask | good;
    }

    /** The op may overwrite them. */
    private int[] copy(Warp w, Operand operand) {
      Register register = register(operand);
      if (register != null) {
        return w.ints[places.slot(register).index()].clone();
      }
      int[] values = new int[Warp.LANES];
      Arrays.fill(values, operand instanceof Operand.IntLiteral(long value) ? (int) value : 0);
      return values;
    }
  }

  /** A load whose values are only copied: they may be none. */
  private final class Loaded extends Watched {
    private final int[] loaded;
    private final int bytes;

    Loaded(
        Op op,
        @Nullable Register guard,
        List<Register> names,
        int[] uses,
        int[] loaded,
        int bytes) {
      super(op, guard, names, uses, new int[0]);
      this.loaded = loaded;
      this.bytes = bytes;
    }

    @Override
    void execute(Warp w, int[] defined, int lanes) {
      Gaps gaps = BlockShadow.of(w).gaps;
      gaps.load();
      op.execute(w);
      for (int i = 0; i < loaded.length; i++) {
        if (loaded[i] >= 0) {
          defined[loaded[i]] |= lanes;
          for (int rest = lanes; rest != 0; rest &= rest - 1) {
            int lane = Integer.numberOfTrailingZeros(rest);
            byte gap = (byte) (gaps.loaded(lane) >>> i * bytes & (1L << bytes) - 1);
            if (gap != 0) {
              defined[loaded[i]] &= ~(1 << lane);
              gaps.set(w.index(), loaded[i], lane, gap);
            }
          }
        }
      }
    }
  }

  /** A store, perhaps of bytes that have no value. */
  private final class Stored extends Watched {
    private final List<@Nullable Register> values;
    private final int[] numbers;
    private final int bytes;
    private final boolean inCompany;

    Stored(
        Op op,
        @Nullable Register guard,
        List<Register> names,
        int[] uses,
        List<@Nullable Register> values,
        Instruction in) {
      super(op, guard, names, uses, new int[0]);
      this.values = values;
      this.numbers = values.stream().mapToInt(r -> r == null ? -1 : number(r)).toArray();
      this.bytes = bytes(in);
      this.inCompany = copies.groups().contains(in);
    }

    @Override
    void execute(Warp w, int[] defined, int lanes) {
      int missing = 0;
      for (int number : numbers) {
        missing |= number < 0 ? 0 : lanes & ~defined[number];
      }
      if (missing == 0) {
        op.execute(w);
        return;
      }
      Gaps gaps = BlockShadow.of(w).gaps;
      gaps.store(lane -> leaves(w, defined, gaps, lane));
      for (int rest = missing; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        long mask = 0;
        for (int i = 0; i < numbers.length; i++) {
          mask |= gap(w, defined, gaps, i, lane) << i * bytes;
        }
        gaps.stores(lane, mask);
      }
      op.execute(w);
      gaps.storeDone();
    }

    private long gap(Warp w, int[] defined, Gaps gaps, int i, int lane) {
      if (numbers[i] < 0 || (defined[numbers[i]] >>> lane & 1) != 0) {
        return 0;
      }
      byte gap = gaps.of(w.index(), numbers[i], lane);
      return (gap == 0 ? -1L : gap) & (1L << bytes) - 1;
    }

    private @Nullable DeviceFault leaves(Warp w, int[] defined, Gaps gaps, int lane) {
      for (int i = 0; i < numbers.length; i++) {
        long gap = gap(w, defined, gaps, i, lane);
        Register value = values.get(i);
        if (gap == 0 || value == null) {
          continue;
        }
        if (gaps.of(w.index(), numbers[i], lane) == 0) {
          return fault(w, 1 << lane, value);
        }
        if (gap == (1L << bytes) - 1 && !inCompany) {
          return new DeviceFault.UninitializedRead(
              "register " + value.name() + ", loaded from local memory that nobody has written",
              w.site(lane));
        }
      }
      return null;
    }
  }

  /** An instruction that only copies. */
  private final class Copied extends Around {
    private final int[] uses;
    private final int[] sets;
    private final boolean chooses;

    /** Number of the predicate it depends on, −1 if it is not watched. */
    private final int chooser;

    Copied(Op op, @Nullable Register guard, int[] uses, int[] sets, boolean chooses, int chooser) {
      super(op, guard);
      this.uses = uses;
      this.sets = sets;
      this.chooses = chooses;
      this.chooser = chooser;
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
      if (chooser >= 0) {
        good &= defined[chooser];
      }
      op.execute(w);
      for (int set : sets) {
        defined[set] = (defined[set] & ~lanes) | (good & lanes);
      }
      if (uses.length == 1 && sets.length == 1 && (lanes & ~good) != 0) {
        Gaps gaps = BlockShadow.of(w).gaps;
        for (int rest = lanes & ~good; rest != 0; rest &= rest - 1) {
          int lane = Integer.numberOfTrailingZeros(rest);
          gaps.set(w.index(), sets[0], lane, gaps.of(w.index(), uses[0], lane));
        }
      }
    }
  }
}
