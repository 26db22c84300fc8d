package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Bits without a value on their way between memory and registers. One instruction after the other
 * says here what it loads and stores.
 */
final class Gaps {
  /** The largest access: a vector of eight words, or of four double words. */
  private static final int BYTES = 32;

  private final byte[][] loaded = new byte[Warp.LANES][BYTES];
  private final @Nullable Origin[] loadedOrigins = new Origin[Warp.LANES];
  private int loading;

  private final byte[][] stored = new byte[Warp.LANES][BYTES];
  private final @Nullable Origin[][] storedOrigins = new Origin[Warp.LANES][BYTES];
  private int storing;
  private @Nullable Leaving leaving;

  /** What becomes of bits without a value that are stored where the host sees them. */
  @FunctionalInterface
  interface Leaving {
    /** Reports a lane that stores them to global memory, if it is a mistake. */
    void check(int lane, long address);
  }

  /** A load begins; it has found no gaps yet. */
  void load() {
    for (int rest = loading; rest != 0; rest &= rest - 1) {
      Arrays.fill(loaded[Integer.numberOfTrailingZeros(rest)], (byte) 0);
    }
    loading = 0;
  }

  /** A lane loads a byte of which these bits have no value. */
  void loads(int lane, int i, int bits, Origin origin) {
    if ((loading >>> lane & 1) == 0) {
      loadedOrigins[lane] = null;
    }
    loaded[lane][i] |= (byte) bits;
    loadedOrigins[lane] = Origin.worse(loadedOrigins[lane], origin);
    loading |= 1 << lane;
  }

  /** The lanes whose load has found gaps. */
  int loading() {
    return loading;
  }

  /** What of at most eight bytes a lane's load has found without a value. */
  long loaded(int lane, int from, int bytes) {
    return bits(loaded[lane], from, bytes);
  }

  Origin loadedOrigin(int lane) {
    return Objects.requireNonNull(loadedOrigins[lane]);
  }

  /** A store begins. */
  void store(@Nullable Leaving check) {
    storing = 0;
    leaving = check;
  }

  /** A lane stores at most eight bytes of which these bits have no value. */
  void stores(int lane, int from, int bytes, long bits, @Nullable Origin origin) {
    if ((storing >>> lane & 1) == 0) {
      Arrays.fill(stored[lane], (byte) 0);
    }
    for (int i = 0; i < bytes; i++) {
      stored[lane][from + i] = (byte) (bits >>> 8 * i);
      storedOrigins[lane][from + i] = origin;
    }
    storing |= 1 << lane;
  }

  /** The store is done. */
  void storeDone() {
    storing = 0;
    leaving = null;
  }

  /** The lanes that store bits without a value. */
  int storing() {
    return storing;
  }

  /** Which bits of at most eight bytes that a lane stores have no value. */
  long stored(int lane, int from, int bytes) {
    return (storing >>> lane & 1) == 0 ? 0 : bits(stored[lane], from, bytes);
  }

  Origin storedOrigin(int lane, int i) {
    return Objects.requireNonNull(storedOrigins[lane][i]);
  }

  /**
   * A lane stores to global memory.
   *
   * @return which bytes have no value, and rightly so
   */
  long leave(int lane, long address, int size) {
    if ((storing >>> lane & 1) == 0) {
      return 0;
    }
    if (leaving != null) {
      leaving.check(lane, address);
    }
    long bytes = 0;
    for (int i = 0; i < size; i++) {
      bytes |= stored[lane][i] == -1 ? 1L << i : 0;
    }
    return bytes;
  }

  private static long bits(byte[] from, int first, int count) {
    long bits = 0;
    for (int i = 0; i < count; i++) {
      bits |= (from[first + i] & 0xffL) << 8 * i;
    }
    return bits;
  }
}
