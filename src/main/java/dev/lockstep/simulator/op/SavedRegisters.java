package dev.lockstep.simulator.op;

import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.CallStack;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import java.util.List;

/**
 * The registers of a function that are still wanted behind a call which may lead to the function
 * again: saved before the call, restored after it, lane by lane.
 *
 * @param registers those whose places follow
 */
public record SavedRegisters(
    List<Register> registers, List<Slot<?>> slots, List<Integer> predicates) {
  /** Before the call. */
  public final class Save extends Op {
    /** What is saved. */
    public List<Register> registers() {
      return registers;
    }

    @Override
    public void execute(Warp w) {
      CallStack calls = w.calls();
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        for (Slot<?> slot : slots) {
          calls.save(lane, get(w, slot, lane));
        }
        for (int predicate : predicates) {
          calls.save(lane, w.predicates[predicate] >>> lane & 1);
        }
      }
    }
  }

  /** After it. */
  public final class Restore extends Op {
    /** What is restored. */
    public List<Register> registers() {
      return registers;
    }

    @Override
    public void execute(Warp w) {
      CallStack calls = w.calls();
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        for (int i = predicates.size() - 1; i >= 0; i--) {
          int predicate = predicates.get(i);
          int bit = (int) calls.restored(lane) << lane;
          w.predicates[predicate] = w.predicates[predicate] & ~(1 << lane) | bit;
        }
        for (int i = slots.size() - 1; i >= 0; i--) {
          set(w, slots.get(i), lane, calls.restored(lane));
        }
      }
    }
  }

  private static long get(Warp w, Slot<?> slot, int lane) {
    return switch (slot.file()) {
      case Slot.FLOATS -> Float.floatToRawIntBits(w.floats[slot.index()][lane]);
      case Slot.INTS -> w.ints[slot.index()][lane];
      case Slot.LONGS -> w.longs[slot.index()][lane];
      default -> Double.doubleToRawLongBits(w.doubles[slot.index()][lane]);
    };
  }

  private static void set(Warp w, Slot<?> slot, int lane, long bits) {
    switch (slot.file()) {
      case Slot.FLOATS -> w.floats[slot.index()][lane] = Float.intBitsToFloat((int) bits);
      case Slot.INTS -> w.ints[slot.index()][lane] = (int) bits;
      case Slot.LONGS -> w.longs[slot.index()][lane] = bits;
      default -> w.doubles[slot.index()][lane] = Double.longBitsToDouble(bits);
    }
  }
}
