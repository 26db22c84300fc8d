package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.lowering.BitFlow;
import dev.lockstep.simulator.op.Guarded;
import dev.lockstep.simulator.op.Shuffle;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Instructions that use or set {@link WatchedRegisters}, as {@link RegisterWatch} sorts them: they
 * execute and note which bits have a value. What goes to memory and comes from there is in {@link
 * WatchedAccesses}.
 */
final class WatchedOps {
  private WatchedOps() {}

  /** An instruction that uses values. */
  static class Watched extends Op {
    final WatchedRegisters registers;
    final Op op;
    private final @Nullable Register guard;
    private final int guardNumber;
    private final List<Register> names;
    private final int[] uses;
    final int[] sets;

    /**
     * @param guard the guard, if it is watched
     */
    Watched(
        WatchedRegisters registers,
        Op op,
        @Nullable Register guard,
        Collection<Register> uses,
        Collection<Register> sets) {
      this.registers = registers;
      this.op = op;
      this.guard = guard;
      this.guardNumber = guard == null ? -1 : registers.number(guard);
      this.names = List.copyOf(uses);
      this.uses = registers.numbers(uses);
      this.sets = registers.numbers(sets);
    }

    @Override
    public final boolean isBarrier() {
      return op.isBarrier();
    }

    @Override
    public final void execute(Warp w) {
      UnsetBits unset = BlockShadow.of(w).unset;
      int[] defined = unset.defined(w);
      if (guard != null && (w.mask & ~defined[guardNumber]) != 0) {
        throw registers.fault(w, w.mask & ~defined[guardNumber], guard);
      }
      int lanes = op instanceof Guarded guarded ? guarded.chosen(w) : w.mask;
      use(w, unset, defined, lanes);
      execute(w, unset, defined, lanes);
    }

    /** Looks at what is used. */
    void use(Warp w, UnsetBits unset, int[] defined, int lanes) {
      for (int i = 0; i < uses.length; i++) {
        if ((lanes & ~defined[uses[i]]) != 0) {
          throw registers.fault(w, lanes & ~defined[uses[i]], names.get(i));
        }
      }
    }

    /** Executes it once its operands have been found good. */
    void execute(Warp w, UnsetBits unset, int[] defined, int lanes) {
      op.execute(w);
      // An operation of the whole warp was done by those that came together at it, or not yet.
      int done = op instanceof Guarded ? lanes : w.mask;
      for (int set : sets) {
        defined[set] |= done;
      }
    }

    /** Of what is used, the lanes that have all. */
    final int good(int[] defined) {
      int good = -1;
      for (int use : uses) {
        good &= defined[use];
      }
      return good;
    }

    final int[] uses() {
      return uses;
    }
  }

  /** An instruction that moves bits about. */
  static final class Moved extends Watched {
    private final BitFlow[] flows;
    private final int[] from;
    private final int[] to;

    Moved(
        WatchedRegisters registers,
        Op op,
        @Nullable Register guard,
        Collection<Register> uses,
        Collection<Register> sets,
        List<BitFlow> flows) {
      super(registers, op, guard, uses, sets);
      this.flows =
          flows.stream()
              .filter(flow -> registers.watches(flow.from()) && registers.watches(flow.to()))
              .toArray(BitFlow[]::new);
      this.from = Arrays.stream(this.flows).mapToInt(f -> registers.number(f.from())).toArray();
      this.to = Arrays.stream(this.flows).mapToInt(f -> registers.number(f.to())).toArray();
    }

    @Override
    void execute(Warp w, UnsetBits unset, int[] defined, int lanes) {
      int good = -1;
      for (int number : from) {
        good &= defined[number];
      }
      if ((lanes & ~good) == 0) {
        super.execute(w, unset, defined, lanes);
        return;
      }
      op.execute(w);
      long[] result = new long[sets.length];
      for (int rest = lanes; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        boolean never = false;
        for (int s = 0; s < sets.length; s++) {
          long bits = 0;
          for (int f = 0; f < flows.length; f++) {
            if (to[f] == sets[s]) {
              long moved = flows[f].forward(unset.of(w.index(), from[f], lane));
              never |= moved != 0 && unset.isNeverSet(w.index(), from[f], lane);
              bits |= moved;
            }
          }
          result[s] = bits & registers.bits(sets[s]);
        }
        for (int s = 0; s < sets.length; s++) {
          unset.put(w.index(), sets[s], lane, result[s], never);
        }
      }
    }
  }

  /** An instruction that computes: of what has no value, something that has none. */
  static final class Spread extends Watched {
    Spread(
        WatchedRegisters registers,
        Op op,
        @Nullable Register guard,
        Collection<Register> uses,
        Collection<Register> sets) {
      super(registers, op, guard, uses, sets);
    }

    @Override
    void use(Warp w, UnsetBits unset, int[] defined, int lanes) {}

    @Override
    void execute(Warp w, UnsetBits unset, int[] defined, int lanes) {
      int good = good(defined);
      op.execute(w);
      for (int set : sets) {
        unset.forget(w.index(), set, lanes & ~good);
        defined[set] |= lanes & good;
      }
    }
  }

  /** A choice between values: it has one if one of them has. */
  static final class Chosen extends Watched {
    /** Number of the predicate it depends on, −1 if it is not watched. */
    private final int chooser;

    Chosen(
        WatchedRegisters registers,
        Op op,
        @Nullable Register guard,
        Collection<Register> uses,
        Collection<Register> sets,
        @Nullable Register chooser) {
      super(registers, op, guard, uses, sets);
      this.chooser = chooser == null ? -1 : registers.number(chooser);
    }

    @Override
    void use(Warp w, UnsetBits unset, int[] defined, int lanes) {}

    @Override
    void execute(Warp w, UnsetBits unset, int[] defined, int lanes) {
      int[] uses = uses();
      int good = uses.length > 1 ? 0 : -1;
      for (int use : uses) {
        good |= defined[use];
      }
      int known = chooser < 0 ? -1 : defined[chooser];
      op.execute(w);
      for (int set : sets) {
        for (int rest = lanes & ~good; rest != 0; rest &= rest - 1) {
          int lane = Integer.numberOfTrailingZeros(rest);
          long bits = -1;
          boolean never = true;
          for (int use : uses) {
            bits &= unset.of(w.index(), use, lane);
            never &= unset.isNeverSet(w.index(), use, lane);
          }
          unset.put(w.index(), set, lane, bits, never);
        }
        defined[set] |= lanes & good;
        unset.forget(w.index(), set, lanes & ~known);
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
      int missing = lanes & ~BlockShadow.of(w).unset.defined(w)[registers.number(chosen)];
      if (missing != 0) {
        throw registers.unwritten(w, missing, chosen);
      }
    }
  }

  /** A lane hears from another, and has a value if that one had. */
  static final class Shuffled extends Watched {
    private final Shuffle.Mode mode;
    private final Operand distance;
    private final Operand clamp;
    private final int d;
    private final int a;

    Shuffled(
        WatchedRegisters registers, Op op, @Nullable Register guard, Instruction in, int d, int a) {
      super(registers, op, guard, List.of(), List.of());
      this.mode = Shuffle.Mode.valueOf(in.modifiers().get(1).toUpperCase(Locale.ROOT));
      this.distance = in.operands().get(2);
      this.clamp = in.operands().get(3);
      this.d = d;
      this.a = a;
    }

    @Override
    void execute(Warp w, UnsetBits unset, int[] defined, int lanes) {
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
      unset.forget(w.index(), d, w.mask & ~good);
      defined[d] |= good;
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
}
