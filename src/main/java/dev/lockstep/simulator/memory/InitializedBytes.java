package dev.lockstep.simulator.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Which bytes of a stretch of memory have been written, a bit for each. Bits may be set by several
 * threads at once.
 */
public final class InitializedBytes {
  private static final VarHandle BITS = MethodHandles.arrayElementVarHandle(long[].class);

  private final long bytes;
  private final long[] bits;

  /** Whether every byte is known to be written: then nobody need look at the bits. */
  private volatile boolean complete;

  /** Questions that {@link #complete} could have answered, until the next look at all bits. */
  private int patience;

  /** Of {@code bytes} bytes none is written. */
  public InitializedBytes(long bytes) {
    this.bytes = bytes;
    this.bits = new long[Math.toIntExact((bytes + 63) >>> 6)];
    this.complete = bytes == 0;
    this.patience = bits.length;
  }

  /** Whether every byte is known to be written; false may only mean that nobody looked. */
  public boolean complete() {
    return complete;
  }

  /** Forgets all writes. */
  public void clear() {
    Arrays.fill(bits, 0);
    complete = bytes == 0;
  }

  /** {@code count} bytes were written. */
  public void set(long from, long count) {
    if (complete || count == 0) {
      return;
    }
    if (count == bytes) {
      Arrays.fill(bits, -1);
      complete = true;
      return;
    }
    long end = from + count;
    int first = (int) (from >>> 6);
    int last = (int) ((end - 1) >>> 6);
    if (first == last) {
      set(first, -1L << from & -1L >>> -end);
      return;
    }
    set(first, -1L << from);
    for (int i = first + 1; i < last; i++) {
      bits[i] = -1;
    }
    set(last, -1L >>> -end);
  }

  /** Whether all {@code count} bytes were written. */
  public boolean has(long from, long count) {
    if (complete || count == 0) {
      return true;
    }
    if (--patience < 0) {
      look();
    }
    long end = from + count;
    int first = (int) (from >>> 6);
    int last = (int) ((end - 1) >>> 6);
    if (first == last) {
      return (~bits[first] & -1L << from & -1L >>> -end) == 0;
    }
    long missing = ~bits[first] & -1L << from;
    for (int i = first + 1; i < last; i++) {
      missing |= ~bits[i];
    }
    return (missing | ~bits[last] & -1L >>> -end) == 0;
  }

  /** Some of the next 64 bytes count as never written. */
  public synchronized void unset(long from, long mask) {
    for (long rest = mask; rest != 0; rest &= rest - 1) {
      long at = from + Long.numberOfTrailingZeros(rest);
      long before = (long) BITS.getAndBitwiseAnd(bits, (int) (at >>> 6), ~(1L << at));
      assert at < bytes && (before | 1) != 0;
    }
    complete = false;
  }

  /** Whether one byte was written. */
  public boolean has(long at) {
    return complete || (bits[(int) (at >>> 6)] >>> at & 1) != 0;
  }

  /** Takes over what is known of as many bytes elsewhere. */
  public void copy(long to, InitializedBytes source, long from, long count) {
    if (source.has(from, count)) {
      set(to, count);
      return;
    }
    complete = false;
    for (long i = 0; i < count; i++) {
      long at = to + i;
      long bit = 1L << at;
      int word = (int) (at >>> 6);
      bits[word] = source.has(from + i) ? bits[word] | bit : bits[word] & ~bit;
    }
  }

  private void set(int word, long mask) {
    if ((~bits[word] & mask) != 0) {
      if (mask == -1) {
        bits[word] = -1;
      } else {
        long before = (long) BITS.getAndBitwiseOr(bits, word, mask);
        assert (before | mask) != 0;
      }
    }
  }

  /** Each look costs as much as the questions before it, so that looking stays cheap. */
  private synchronized void look() {
    patience = 2 * bits.length;
    long tail = bytes & 63;
    long missing = ~bits[bits.length - 1] & (tail == 0 ? -1 : (1L << tail) - 1);
    for (int i = 0; i < bits.length - 1; i++) {
      missing |= ~bits[i];
    }
    complete = missing == 0;
  }
}
