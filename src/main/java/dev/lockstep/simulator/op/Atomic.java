package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.List;

/**
 * {@code atom} and {@code red}: lane after lane, each truly atomic among the threads that run
 * blocks.
 */
public final class Atomic {
  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;

  /** Held for what the machine has no single instruction for. */
  private static final Object LOCK = new Object();

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
    private final IntFunction inShared;
    private final Address address;
    private final int alignment;
    private final int d;
    private final int b;
    private final int c;

    /**
     * @param inShared the function for places in shared memory
     * @param alignment of the whole access, when this is a part of one
     * @param d where the old value goes, a register of its own or {@code b}'s
     * @param c the second operand; that of cas is its new value
     */
    public Ints(
        IntFunction function,
        IntFunction inShared,
        Address address,
        int alignment,
        Slot<int[]> d,
        Slot<int[]> b,
        Slot<int[]> c) {
      this.function = function;
      this.inShared = inShared;
      this.address = address;
      this.alignment = alignment;
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
      MemorySegment shared = w.shared().segment();
      boolean changed = false;
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        long at = address.locate(w, lane, values[lane], alignment, "atomic", Integer.BYTES);
        IntFunction f = w.located() == shared ? inShared : function;
        int operand = w.ints[b][lane];
        int second = w.ints[c][lane];
        int old;
        int result;
        do {
          old = (int) INT.getVolatile(w.located(), at);
          result = f.apply(old, operand, second);
        } while (!INT.compareAndSet(w.located(), at, old, result));
        changed |= result != old;
        w.ints[d][lane] = old;
      }
      w.groups.spoke(changed);
    }
  }

  /** On 16 bits, zero-extended. */
  public static final class Shorts extends Op implements MemoryOp {
    private final IntFunction function;
    private final Address address;
    private final int alignment;
    private final int d;
    private final int b;
    private final int c;

    /** As {@link Ints}. */
    public Shorts(
        IntFunction function,
        Address address,
        int alignment,
        Slot<int[]> d,
        Slot<int[]> b,
        Slot<int[]> c) {
      this.function = function;
      this.address = address;
      this.alignment = alignment;
      this.d = d.index();
      this.b = b.index();
      this.c = c.index();
    }

    @Override
    public List<Access> accesses() {
      return List.of(new Access(Access.Kind.ATOMIC, address, Short.BYTES));
    }

    @Override
    public void execute(Warp w) {
      long[] values = address.values(w);
      boolean changed = false;
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        long at = address.locate(w, lane, values[lane], alignment, "atomic", Short.BYTES);
        int operand = w.ints[b][lane] & 0xffff;
        int second = w.ints[c][lane] & 0xffff;
        int old =
            (at & -4L) + Integer.BYTES <= w.located().byteSize()
                ? inWord(w.located(), at, operand, second)
                : atEnd(w.located(), at, operand, second);
        changed |= (function.apply(old, operand, second) & 0xffff) != old;
        w.ints[d][lane] = old;
      }
      w.groups.spoke(changed);
    }

    /** Through the word it lies in, which has a compare-and-set. */
    private int inWord(MemorySegment segment, long at, int operand, int second) {
      int shift = (int) (at & 2) * 8;
      while (true) {
        int word = (int) INT.getVolatile(segment, at & -4L);
        int old = word >>> shift & 0xffff;
        int result = function.apply(old, operand, second) & 0xffff;
        if (INT.compareAndSet(
            segment, at & -4L, word, word & ~(0xffff << shift) | result << shift)) {
          return old;
        }
      }
    }

    /** Half a word is left of the allocation: only 16-bit atomics can come here, all this way. */
    private int atEnd(MemorySegment segment, long at, int operand, int second) {
      synchronized (LOCK) {
        int old = segment.get(SHORT, at) & 0xffff;
        segment.set(SHORT, at, (short) function.apply(old, operand, second));
        return old;
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
      boolean changed = false;
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        long at = address.locate(w, lane, values[lane], Long.BYTES, "atomic");
        long operand = w.longs[b][lane];
        long second = w.longs[c][lane];
        long old;
        long result;
        do {
          old = (long) LONG.getVolatile(w.located(), at);
          result = function.apply(old, operand, second);
        } while (!LONG.compareAndSet(w.located(), at, old, result));
        changed |= result != old;
        w.longs[d][lane] = old;
      }
      w.groups.spoke(changed);
    }
  }

  /**
   * {@code exch} and {@code cas} on 128 bits, atomic among each other and with the accesses inside
   * an {@link Exclusive}: registers come as their two halves, the lower one first.
   */
  public static final class Wide extends Op implements MemoryOp {
    private final boolean compares;
    private final Address address;
    private final int[] d;
    private final int[] b;
    private final int[] c;

    /**
     * @param compares whether it is cas: {@code c} is stored where memory holds {@code b}
     */
    public Wide(
        boolean compares,
        Address address,
        List<Slot<long[]>> d,
        List<Slot<long[]>> b,
        List<Slot<long[]>> c) {
      this.compares = compares;
      this.address = address;
      this.d = Load.indices(d);
      this.b = Load.indices(b);
      this.c = Load.indices(c);
    }

    @Override
    public List<Access> accesses() {
      return List.of(new Access(Access.Kind.ATOMIC, address, 2 * Long.BYTES));
    }

    @Override
    public void execute(Warp w) {
      long[] values = address.values(w);
      boolean changed = false;
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        long at = address.locate(w, lane, values[lane], 2 * Long.BYTES, "atomic");
        synchronized (LOCK) {
          long low = (long) LONG.getVolatile(w.located(), at);
          long high = (long) LONG.getVolatile(w.located(), at + Long.BYTES);
          if (!compares || low == w.longs[b[0]][lane] && high == w.longs[b[1]][lane]) {
            LONG.setVolatile(w.located(), at, w.longs[c[0]][lane]);
            LONG.setVolatile(w.located(), at + Long.BYTES, w.longs[c[1]][lane]);
            changed |= low != w.longs[c[0]][lane] || high != w.longs[c[1]][lane];
          }
          w.longs[d[0]][lane] = low;
          w.longs[d[1]][lane] = high;
        }
      }
      w.groups.spoke(changed);
    }
  }

  /** A wide load or store that others may watch: whole to each other and to {@link Wide}. */
  public static final class Exclusive extends Op implements MemoryOp {
    private final Op access;
    private final MemoryOp memory;

    /** Around a {@link Load} or a {@link Store}. */
    public <A extends Op & MemoryOp> Exclusive(A access) {
      this.access = access;
      this.memory = access;
    }

    @Override
    public List<Access> accesses() {
      return memory.accesses();
    }

    @Override
    public void execute(Warp w) {
      synchronized (LOCK) {
        access.execute(w);
      }
    }
  }
}
