package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.List;

/**
 * {@code atom} and {@code red} on 32 and 64 bits: lane after lane, each truly atomic among the
 * threads that run blocks.
 */
public final class Atomic {
  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

  private Atomic() {}

  /** What memory becomes, from what it holds and the operands. */
  @FunctionalInterface
  public interface IntFunction {
    int apply(int memory, int b, int c);
  }

  /** {@link IntFunction} on 64 bits. */
  @FunctionalInterface
  public interface LongFunction {
    long apply(long memory, long b, long c);
  }

  /** On 32 bits; floats come as their bits. */
  public static final class Ints extends Op implements MemoryOp {
    private final IntFunction function;
    private final Address address;
    private final int d;
    private final int b;
    private final int c;

    /**
     * @param d where the old value goes, a register of its own or {@code b}'s
     * @param c the second operand; that of cas is its new value
     */
    public Ints(
        IntFunction function, Address address, Slot<int[]> d, Slot<int[]> b, Slot<int[]> c) {
      this.function = function;
      this.address = address;
      this.d = d.index();
      this.b = b.index();
      this.c = c.index();
    }

    @Override
    public List<Access> accesses() {
      return List.of(new Access(Access.Kind.ATOMIC, address, Integer.BYTES));
    }

    @Override
    public void execute(Warp w) {
      long[] values = address.values(w);
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        long at = address.locate(w, lane, values[lane], Integer.BYTES, "atomic");
        int operand = w.ints[b][lane];
        int second = w.ints[c][lane];
        int old;
        do {
          old = (int) INT.getVolatile(w.segment, at);
        } while (!INT.compareAndSet(w.segment, at, old, function.apply(old, operand, second)));
        w.ints[d][lane] = old;
      }
    }
  }

  /** On 64 bits. */
  public static final class Longs extends Op implements MemoryOp {
    private final LongFunction function;
    private final Address address;
    private final int d;
    private final int b;
    private final int c;

    /** As {@link Ints}. */
    public Longs(
        LongFunction function, Address address, Slot<long[]> d, Slot<long[]> b, Slot<long[]> c) {
      this.function = function;
      this.address = address;
      this.d = d.index();
      this.b = b.index();
      this.c = c.index();
    }

    @Override
    public List<Access> accesses() {
      return List.of(new Access(Access.Kind.ATOMIC, address, Long.BYTES));
    }

    @Override
    public void execute(Warp w) {
      long[] values = address.values(w);
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        long at = address.locate(w, lane, values[lane], Long.BYTES, "atomic");
        long operand = w.longs[b][lane];
        long second = w.longs[c][lane];
        long old;
        do {
          old = (long) LONG.getVolatile(w.segment, at);
        } while (!LONG.compareAndSet(w.segment, at, old, function.apply(old, operand, second)));
        w.longs[d][lane] = old;
      }
    }
  }
}
