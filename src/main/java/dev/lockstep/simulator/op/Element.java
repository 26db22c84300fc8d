package dev.lockstep.simulator.op;

import static dev.lockstep.simulator.execution.Warp.LANES;

import dev.lockstep.simulator.execution.Slot;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * One element of a load or store: how it lies in memory and in which register file. Registers come
 * as the array of their 32 lanes. All places have been checked before.
 */
public abstract sealed class Element {
  public static final Element FLOAT = new FloatElement();
  public static final Element INT = new IntElement();
  public static final Element LONG = new LongElement();
  public static final Element DOUBLE = new DoubleElement();
  public static final Element U16 = new ShortElement(0xffff);
  public static final Element S16 = new ShortElement(-1);
  public static final Element U8 = new ByteElement(0xff);
  public static final Element S8 = new ByteElement(-1);

  private final int bytes;
  private final int file;

  private Element(int bytes, int file) {
    this.bytes = bytes;
    this.file = file;
  }

  /** Size in memory. */
  public int bytes() {
    return bytes;
  }

  /** The register file it is loaded into: see {@link Slot}. */
  public int file() {
    return file;
  }

  /** Loads lane i from {@code addresses[i] + shift}. */
  abstract void gather(MemorySegment from, long[] addresses, long shift, Object register);

  /** Stores lane i to {@code addresses[i] + shift}; of lanes with one address the last wins. */
  abstract void scatter(MemorySegment to, long[] addresses, long shift, Object register);

  /** Loads {@code count} neighbours into the lanes from {@code lane} on. */
  abstract void load(MemorySegment from, long at, Object register, int lane, int count);

  /** Loads one element into {@code count} lanes from {@code lane} on. */
  final void broadcast(MemorySegment from, long at, Object register, int lane, int count) {
    get(from, at, register, lane);
    switch (register) {
      case float[] r -> Arrays.fill(r, lane, lane + count, r[lane]);
      case int[] r -> Arrays.fill(r, lane, lane + count, r[lane]);
      case long[] r -> Arrays.fill(r, lane, lane + count, r[lane]);
      case double[] r -> Arrays.fill(r, lane, lane + count, r[lane]);
      default -> throw new AssertionError(register);
    }
  }

  /** Stores {@code count} lanes from {@code lane} on as neighbours. */
  abstract void store(MemorySegment to, long at, Object register, int lane, int count);

  /** Loads one lane. */
  abstract void get(MemorySegment from, long at, Object register, int lane);

  /** Stores one lane. */
  abstract void put(MemorySegment to, long at, Object register, int lane);

  private static final class FloatElement extends Element {
    FloatElement() {
      super(4, Slot.FLOATS);
    }

    @Override
    void gather(MemorySegment from, long[] addresses, long shift, Object register) {
      float[] r = (float[]) register;
      for (int i = 0; i < LANES; i++) {
        r[i] = from.get(ValueLayout.JAVA_FLOAT_UNALIGNED, addresses[i] + shift);
      }
    }

    @Override
    void scatter(MemorySegment to, long[] addresses, long shift, Object register) {
      float[] r = (float[]) register;
      for (int i = 0; i < LANES; i++) {
        to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, addresses[i] + shift, r[i]);
      }
    }

    @Override
    void load(MemorySegment from, long at, Object register, int lane, int count) {
      MemorySegment.copy(
          from, ValueLayout.JAVA_FLOAT_UNALIGNED, at, (float[]) register, lane, count);
    }

    @Override
    void store(MemorySegment to, long at, Object register, int lane, int count) {
      MemorySegment.copy((float[]) register, lane, to, ValueLayout.JAVA_FLOAT_UNALIGNED, at, count);
    }

    @Override
    void get(MemorySegment from, long at, Object register, int lane) {
      ((float[]) register)[lane] = from.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
    }

    @Override
    void put(MemorySegment to, long at, Object register, int lane) {
      float[] r = (float[]) register;
      to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, r[lane]);
    }
  }

  private static final class IntElement extends Element {
    IntElement() {
      super(4, Slot.INTS);
    }

    @Override
    void gather(MemorySegment from, long[] addresses, long shift, Object register) {
      int[] r = (int[]) register;
      for (int i = 0; i < LANES; i++) {
        r[i] = from.get(ValueLayout.JAVA_INT_UNALIGNED, addresses[i] + shift);
      }
    }

    @Override
    void scatter(MemorySegment to, long[] addresses, long shift, Object register) {
      int[] r = (int[]) register;
      for (int i = 0; i < LANES; i++) {
        to.set(ValueLayout.JAVA_INT_UNALIGNED, addresses[i] + shift, r[i]);
      }
    }

    @Override
    void load(MemorySegment from, long at, Object register, int lane, int count) {
      MemorySegment.copy(from, ValueLayout.JAVA_INT_UNALIGNED, at, (int[]) register, lane, count);
    }

    @Override
    void store(MemorySegment to, long at, Object register, int lane, int count) {
      MemorySegment.copy((int[]) register, lane, to, ValueLayout.JAVA_INT_UNALIGNED, at, count);
    }

    @Override
    void get(MemorySegment from, long at, Object register, int lane) {
      ((int[]) register)[lane] = from.get(ValueLayout.JAVA_INT_UNALIGNED, at);
    }

    @Override
    void put(MemorySegment to, long at, Object register, int lane) {
      int[] r = (int[]) register;
      to.set(ValueLayout.JAVA_INT_UNALIGNED, at, r[lane]);
    }
  }

  private static final class LongElement extends Element {
    LongElement() {
      super(8, Slot.LONGS);
    }

    @Override
    void gather(MemorySegment from, long[] addresses, long shift, Object register) {
      long[] r = (long[]) register;
      for (int i = 0; i < LANES; i++) {
        r[i] = from.get(ValueLayout.JAVA_LONG_UNALIGNED, addresses[i] + shift);
      }
    }

    @Override
    void scatter(MemorySegment to, long[] addresses, long shift, Object register) {
      long[] r = (long[]) register;
      for (int i = 0; i < LANES; i++) {
        to.set(ValueLayout.JAVA_LONG_UNALIGNED, addresses[i] + shift, r[i]);
      }
    }

    @Override
    void load(MemorySegment from, long at, Object register, int lane, int count) {
      MemorySegment.copy(from, ValueLayout.JAVA_LONG_UNALIGNED, at, (long[]) register, lane, count);
    }

    @Override
    void store(MemorySegment to, long at, Object register, int lane, int count) {
      MemorySegment.copy((long[]) register, lane, to, ValueLayout.JAVA_LONG_UNALIGNED, at, count);
    }

    @Override
    void get(MemorySegment from, long at, Object register, int lane) {
      ((long[]) register)[lane] = from.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
    }

    @Override
    void put(MemorySegment to, long at, Object register, int lane) {
      long[] r = (long[]) register;
      to.set(ValueLayout.JAVA_LONG_UNALIGNED, at, r[lane]);
    }
  }

  private static final class DoubleElement extends Element {
    DoubleElement() {
      super(8, Slot.DOUBLES);
    }

    @Override
    void gather(MemorySegment from, long[] addresses, long shift, Object register) {
      double[] r = (double[]) register;
      for (int i = 0; i < LANES; i++) {
        r[i] = from.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, addresses[i] + shift);
      }
    }

    @Override
    void scatter(MemorySegment to, long[] addresses, long shift, Object register) {
      double[] r = (double[]) register;
      for (int i = 0; i < LANES; i++) {
        to.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, addresses[i] + shift, r[i]);
      }
    }

    @Override
    void load(MemorySegment from, long at, Object register, int lane, int count) {
      MemorySegment.copy(
          from, ValueLayout.JAVA_DOUBLE_UNALIGNED, at, (double[]) register, lane, count);
    }

    @Override
    void store(MemorySegment to, long at, Object register, int lane, int count) {
      MemorySegment.copy(
          (double[]) register, lane, to, ValueLayout.JAVA_DOUBLE_UNALIGNED, at, count);
    }

    @Override
    void get(MemorySegment from, long at, Object register, int lane) {
      ((double[]) register)[lane] = from.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, at);
    }

    @Override
    void put(MemorySegment to, long at, Object register, int lane) {
      double[] r = (double[]) register;
      to.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, at, r[lane]);
    }
  }

  private static final class ShortElement extends Element {
    private final int mask;

    /**
     * @param mask of the 32 bits it is extended to: all, or those of an unsigned type
     */
    ShortElement(int mask) {
      super(2, Slot.INTS);
      this.mask = mask;
    }

    @Override
    void gather(MemorySegment from, long[] addresses, long shift, Object register) {
      int[] r = (int[]) register;
      for (int i = 0; i < LANES; i++) {
        r[i] = from.get(ValueLayout.JAVA_SHORT_UNALIGNED, addresses[i] + shift) & mask;
      }
    }

    @Override
    void scatter(MemorySegment to, long[] addresses, long shift, Object register) {
      int[] r = (int[]) register;
      for (int i = 0; i < LANES; i++) {
        to.set(ValueLayout.JAVA_SHORT_UNALIGNED, addresses[i] + shift, (short) r[i]);
      }
    }

    @Override
    void load(MemorySegment from, long at, Object register, int lane, int count) {
      int[] r = (int[]) register;
      for (int i = 0; i < count; i++) {
        r[lane + i] = from.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2L * i) & mask;
      }
    }

    @Override
    void store(MemorySegment to, long at, Object register, int lane, int count) {
      int[] r = (int[]) register;
      for (int i = 0; i < count; i++) {
        to.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2L * i, (short) r[lane + i]);
      }
    }

    @Override
    void get(MemorySegment from, long at, Object register, int lane) {
      ((int[]) register)[lane] = from.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & mask;
    }

    @Override
    void put(MemorySegment to, long at, Object register, int lane) {
      int[] r = (int[]) register;
      to.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) r[lane]);
    }
  }

  private static final class ByteElement extends Element {
    private final int mask;

    /**
     * @param mask of the 32 bits it is extended to: all, or those of an unsigned type
     */
    ByteElement(int mask) {
      super(1, Slot.INTS);
      this.mask = mask;
    }

    @Override
    void gather(MemorySegment from, long[] addresses, long shift, Object register) {
      int[] r = (int[]) register;
      for (int i = 0; i < LANES; i++) {
        r[i] = from.get(ValueLayout.JAVA_BYTE, addresses[i] + shift) & mask;
      }
    }

    @Override
    void scatter(MemorySegment to, long[] addresses, long shift, Object register) {
      int[] r = (int[]) register;
      for (int i = 0; i < LANES; i++) {
        to.set(ValueLayout.JAVA_BYTE, addresses[i] + shift, (byte) r[i]);
      }
    }

    @Override
    void load(MemorySegment from, long at, Object register, int lane, int count) {
      int[] r = (int[]) register;
      for (int i = 0; i < count; i++) {
        r[lane + i] = from.get(ValueLayout.JAVA_BYTE, at + i) & mask;
      }
    }

    @Override
    void store(MemorySegment to, long at, Object register, int lane, int count) {
      int[] r = (int[]) register;
      for (int i = 0; i < count; i++) {
        to.set(ValueLayout.JAVA_BYTE, at + i, (byte) r[lane + i]);
      }
    }

    @Override
    void get(MemorySegment from, long at, Object register, int lane) {
      ((int[]) register)[lane] = from.get(ValueLayout.JAVA_BYTE, at) & mask;
    }

    @Override
    void put(MemorySegment to, long at, Object register, int lane) {
      int[] r = (int[]) register;
      to.set(ValueLayout.JAVA_BYTE, at, (byte) r[lane]);
    }
  }
}
