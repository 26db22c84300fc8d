package dev.lockstep.simulator.counters;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Flags that are a byte each, 0 or 1, as one can be set without looking at its neighbours. All of
 * them are looked at eight at a time.
 */
final class Flags {
  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ALL = 0x0101_0101_0101_0101L;

  /** Multiplied by this, the flags come to lie side by side in the uppermost byte. */
  private static final long TOGETHER = 0x0102_0408_1020_4080L;

  private Flags() {}

  /** Whether the first {@code count} are set. */
  static boolean areAllSet(byte[] flags, int count) {
    long all = ALL;
    int whole = count & -Long.BYTES;
    for (int i = 0; i < whole; i += Long.BYTES) {
      all &= (long) EIGHT.get(flags, i);
    }
    for (int i = whole; i < count; i++) {
      all &= flags[i] == 0 ? 0 : -1;
    }
    return all == ALL;
  }

  /** Sets a bit for each that is set: of 64 flags in one number. */
  static void addTo(long[] bits, byte[] flags) {
    for (int word = 0; word < bits.length; word++) {
      long sum = 0;
      for (int i = 0; i < Long.BYTES; i++) {
        long eight = (long) EIGHT.get(flags, word * Long.SIZE + i * Long.BYTES);
        sum |= (eight * TOGETHER >>> Long.SIZE - Byte.SIZE) << i * Byte.SIZE;
      }
      bits[word] |= sum;
    }
  }
}
