package dev.lockstep.simulator.sanitizer;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.lowering.Copies;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Loads and stores of {@link WatchedRegisters}: bytes without a value go from one to the other. */
final class WatchedAccesses {
  private WatchedAccesses() {}

  /** A load that may find bytes without a value. */
  static final class Loaded extends WatchedOps.Watched {
    private final int[] loaded;
    private final int bytes;
    private final boolean signed;

    Loaded(
        WatchedRegisters registers,
        Op op,
        @Nullable Register guard,
        Collection<Register> uses,
        Instruction in) {
      super(registers, op, guard, uses, List.of());
      this.loaded = registers.elements(Copies.loaded(in));
      this.bytes = Copies.elementBytes(in);
      ScalarType type = ScalarType.named(in.modifiers().getLast());
      this.signed = type != null && type.isSigned();
    }

    @Override
    void execute(Warp w, UnsetBits unset, int[] defined, int lanes) {
      Gaps gaps = BlockShadow.of(w).gaps;
      gaps.load();
      op.execute(w);
      for (int i = 0; i < loaded.length; i++) {
        if (loaded[i] < 0) {
          continue;
        }
        defined[loaded[i]] |= lanes;
        for (int rest = lanes & gaps.loading(); rest != 0; rest &= rest - 1) {
          int lane = Integer.numberOfTrailingZeros(rest);
          unset.put(w.index(), loaded[i], lane, bits(gaps.loaded(lane) >>> i * bytes), false);
        }
      }
    }

    private long bits(long missing) {
      long bits = 0;
      for (int i = 0; i < bytes; i++) {
        bits |= (missing >>> i & 1) == 0 ? 0 : 0xffL << 8 * i;
      }
      boolean sign = signed && bytes < 8 && (missing >>> bytes - 1 & 1) != 0;
      return sign ? bits | -1L << 8 * bytes : bits;
    }
  }

  /** A store, perhaps of bytes that have no value. */
  static final class Stored extends WatchedOps.Watched {
    private final List<@Nullable Register> values;
    private final int[] numbers;
    private final int bytes;
    private final boolean leaves;
    private final boolean inCompany;
    private final boolean[] fills;

    /**
     * @param inCompany whether it may be one of several that store a structure
     * @param refilling registers that bits were filled into: as a whole they have a value then
     */
    Stored(
        WatchedRegisters registers,
        Op op,
        @Nullable Register guard,
        Collection<Register> uses,
        Instruction in,
        boolean inCompany,
        Set<Register> refilling) {
      super(registers, op, guard, uses, List.of());
      this.values = Copies.stored(in);
      this.numbers = registers.elements(values);
      this.bytes = Copies.elementBytes(in);
      this.leaves = Copies.leaves(in);
      this.inCompany = inCompany;
      this.fills = new boolean[values.size()];
      for (int i = 0; i < fills.length; i++) {
        Register value = values.get(i);
        fills[i] = value != null && refilling.contains(value);
      }
    }

    @Override
    void execute(Warp w, UnsetBits unset, int[] defined, int lanes) {
      int missing = 0;
      for (int number : numbers) {
        missing |= number < 0 ? 0 : lanes & ~defined[number];
      }
      if (missing == 0) {
        op.execute(w);
        return;
      }
      Gaps gaps = BlockShadow.of(w).gaps;
      gaps.store(lane -> leaving(w, unset, lane));
      for (int rest = missing; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        long mask = 0;
        for (int i = 0; i < numbers.length; i++) {
          mask |= gap(w, unset, i, lane) << i * bytes;
        }
        gaps.stores(lane, mask);
      }
      if (leaves) {
        gaps.leave(lanes);
      }
      op.execute(w);
      gaps.storeDone();
    }

    /** The bytes of an element of which no bit has a value. */
    private long gap(Warp w, UnsetBits unset, int i, int lane) {
      if (numbers[i] < 0) {
        return 0;
      }
      long bits = unset.of(w.index(), numbers[i], lane);
      long gap = 0;
      for (int b = 0; b < bytes && b < 8; b++) {
        gap |= (bits >>> 8 * b & 0xff) == 0xff ? 1L << b : 0;
      }
      return fills[i] && gap != (1L << bytes) - 1 ? 0 : gap;
    }

    private @Nullable DeviceFault leaving(Warp w, UnsetBits unset, int lane) {
      for (int i = 0; i < numbers.length; i++) {
        Register value = values.get(i);
        if (value == null || numbers[i] < 0) {
          continue;
        }
        if (unset.isNeverSet(w.index(), numbers[i], lane)) {
          return registers.fault(w, 1 << lane, value);
        }
        if (gap(w, unset, i, lane) == (1L << bytes) - 1 && !inCompany) {
          return registers.unwritten(w, 1 << lane, value);
        }
      }
      return null;
    }
  }
}
