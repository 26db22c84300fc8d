package dev.lockstep.simulator.sanitizer;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Guarded;
import dev.lockstep.simulator.op.Shuffle;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Instructions that use or set {@link WatchedRegisters}, as {@link RegisterWatch} sorts them: they
 * execute and note which lanes have a value.
 */
final class WatchedOps {
  private WatchedOps() {}

  /** Common to all: who really executes the instruction. */
  private abstract static class Around extends Op {
    final WatchedRegisters registers;
    final Op op;
    private final @Nullable Register guard;
    private final int guardNumber;

    Around(WatchedRegisters registers, Op op, @Nullable Register guard) {
      this.registers = registers;
      this.op = op;
      this.guard = guard;
      this.guardNumber = guard == null ? -1 : registers.number(guard);
    }

    @Override
    public final boolean isBarrier() {
      return op.isBarrier();
    }

    int chosen(Warp w, int[] defined) {
      if (guard != null && (w.mask & ~defined[guardNumber]) != 0) {
        throw registers.fault(w, w.mask & ~defined[guardNumber], guard);
      }
      return op instanceof Guarded guarded ? guarded.chosen(w) : w.mask;
    }
  }

  /** An instruction that uses values. */
  static class Watched extends Around {
    private final List<Register> names;
    private final int[] uses;
    private final int[] sets;

    Watched(
        WatchedRegisters registers,
        Op op,
        @Nullable Register guard,
        List<Register> names,
        int[] uses,
        int[] sets) {
      super(registers, op, guard);
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
          throw registers.fault(w, lanes & ~defined[uses[i]], names.get(i));
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
  static final class Spread extends Around {
    private final int[] uses;
    private final int[] sets;

    Spread(WatchedRegisters registers, Op op, @Nullable Register guard, int[] uses, int[] sets) {
      super(registers, op, guard);
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
  static final class Shuffled extends Around {
    private final Shuffle.Mode mode;
    private final Operand distance;
    private final Operand clamp;
    private final int d;
    private final int a;

    Shuffled(
        WatchedRegisters registers, Op op, @Nullable Register guard, Instruction in, int d, int a) {
      super(registers, op, guard);
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
      Register register = RegisterWatch.register(operand);
      if (register != null) {
        return w.ints[registers.slot(register).index()].clone();
      }
      int[] values = new int[Warp.LANES];
      Arrays.fill(values, operand instanceof Operand.IntLiteral(long value) ? (int) value : 0);
      return values;
    }
  }

  /** A load whose values are only copied: they may be none. */
  static final class Loaded extends Watched {
    private final int[] loaded;
    private final int bytes;

    Loaded(
        WatchedRegisters registers,
        Op op,
        @Nullable Register guard,
        List<Register> names,
        int[] uses,
        int[] loaded,
        int bytes) {
      super(registers, op, guard, names, uses, new int[0]);
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

  /** A {@code selp} between values that were loaded, of which the one not chosen may be none. */
  static final class Offered extends Op {
    private final WatchedRegisters registers;
    private final Op op;
    private final @Nullable Register first;
    private final @Nullable Register second;
    private final int predicate;

    Offered(WatchedRegisters registers, Op op, Instruction in) {
      this.registers = registers;
      this.op = op;
      this.first = RegisterWatch.register(in.operands().get(1));
      this.second = RegisterWatch.register(in.operands().get(2));
      Register chooser = RegisterWatch.register(in.operands().get(3));
      this.predicate = chooser == null ? -1 : registers.predicate(chooser);
    }

    @Override
    public void execute(Warp w) {
      if (predicate >= 0) {
        int chosen = w.predicates[predicate];
        require(w, w.mask & chosen, first);
        require(w, w.mask & ~chosen, second);
      }
      op.execute(w);
    }

    private void require(Warp w, int lanes, @Nullable Register chosen) {
      if (chosen == null || !registers.watches(chosen)) {
        return;
      }
      int missing = lanes & ~BlockShadow.of(w).defined[w.index()][registers.number(chosen)];
      if (missing != 0) {
        throw registers.unwritten(w, missing, chosen);
      }
    }
  }

  /** A store, perhaps of bytes that have no value. */
  static final class Stored extends Watched {
    private final List<@Nullable Register> values;
    private final int[] numbers;
    private final int bytes;
    private final boolean inCompany;

    Stored(
        WatchedRegisters registers,
        Op op,
        @Nullable Register guard,
        List<Register> names,
        int[] uses,
        List<@Nullable Register> values,
        Instruction in,
        boolean inCompany) {
      super(registers, op, guard, names, uses, new int[0]);
      this.values = values;
      this.numbers = values.stream().mapToInt(r -> r == null ? -1 : registers.number(r)).toArray();
      this.bytes = RegisterWatch.bytes(in);
      this.inCompany = inCompany;
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
          return registers.fault(w, 1 << lane, value);
        }
        if (gap == (1L << bytes) - 1 && !inCompany) {
          return registers.unwritten(w, 1 << lane, value);
        }
      }
      return null;
    }
  }

  /** An instruction that only copies. */
  static final class Copied extends Around {
    private final int[] uses;
    private final int[] sets;
    private final boolean chooses;

    /** Number of the predicate it depends on, −1 if it is not watched. */
    private final int chooser;

    Copied(
        WatchedRegisters registers,
        Op op,
        @Nullable Register guard,
        int[] uses,
        int[] sets,
        boolean chooses,
        int chooser) {
      super(registers, op, guard);
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
