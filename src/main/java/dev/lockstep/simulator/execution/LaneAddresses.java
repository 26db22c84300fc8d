package dev.lockstep.simulator.execution;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The 32 addresses a full warp computed, looked at once: how they lie to each other decides how an
 * access is checked and done. Several accesses from one register at different offsets share it.
 */
public final class LaneAddresses {
  /** What {@link #stride} says when addresses do not go in equal steps. */
  public static final long IRREGULAR = Long.MIN_VALUE;

  /** Registers that can be kept in view at once. */
  public static final int COUNT = 8;

  private static final int LANES = Warp.LANES;
  private static final int HALF = LANES / 2;

  private final long[] own = new long[LANES];
  private long[] values = own;

  /** A 32-bit register whose values are not in {@link #own} yet. */
  private int @Nullable [] narrow;

  /** What has been added to all that was seen, and not to the 64-bit register looked at. */
  private long owed;

  private long low;
  private long high;
  private long spread;
  private long stride;
  private long lowerStride;
  private long upperStride;

  /** As many as a warp needs. */
  static LaneAddresses[] some() {
    LaneAddresses[] some = new LaneAddresses[COUNT];
    Arrays.setAll(some, i -> new LaneAddresses());
    return some;
  }

  /** Looks at a 64-bit register, which must stay as it is while this is in use. */
  public void look(long[] register) {
    narrow = null;
    owed = 0;
    values = register;
    look();
  }

  /** Keeps a copy of what was looked at: the register is about to change. */
  public void keep() {
    settle();
    widen();
    if (values != own) {
      System.arraycopy(values, 0, own, 0, LANES);
      values = own;
    }
  }

  /**
   * Looks at a 32-bit register, addresses of a space that counts from zero, as signed numbers: with
   * an offset they come back to it. It must stay as it is while this is in use.
   */
  public void look(int[] register) {
    long first = register[0];
    long last = register[LANES - 1];
    long step = register[1] - first;
    values = own;
    narrow = register;
    owed = 0;
    if (last - first == (LANES - 1) * step && isRegular(register, (int) step)) {
      own[0] = first;
      own[HALF] = register[HALF];
      goesIn(step, first, last);
    } else {
      widen();
      look();
    }
  }

  private void widen() {
    int[] register = narrow;
    if (register != null) {
      for (int i = 0; i < LANES; i++) {
        own[i] = register[i];
      }
      narrow = null;
    }
  }

  /** The 64-bit register looked at has grown by this in all lanes. */
  public void moved(long by) {
    low += by;
    high += by;
  }

  /** The 64-bit register looked at is to grow by this in all lanes, when {@link #settle} is due. */
  public void owe(long by) {
    moved(by);
    owed += by;
  }

  /** Gives the register what it is owed. */
  public void settle() {
    long more = owed;
    if (more != 0) {
      long[] v = values;
      for (int i = 0; i < LANES; i++) {
        v[i] += more;
      }
      owed = 0;
    }
  }

  /** Looks at some lanes' addresses: the others' count as the first of these. */
  public void look(long[] register, int lanes) {
    long first = register[Integer.numberOfTrailingZeros(lanes)];
    for (int i = 0; i < LANES; i++) {
      own[i] = (lanes >>> i & 1) != 0 ? register[i] : first;
    }
    look(own);
  }

  /** The addresses by lane. */
  public long[] values() {
    settle();
    widen();
    return values;
  }

  /** The address of lane 0. */
  public long first() {
    return values[0] + owed;
  }

  /** The address of lane 16. */
  public long middle() {
    return values[HALF] + owed;
  }

  /** The smallest address. */
  public long low() {
    return low;
  }

  /** The largest. */
  public long high() {
    return high;
  }

  /** Whether all are multiples of a power of two, once a constant was added to each. */
  public boolean areMultiples(int of, long offset) {
    return ((spread | values[0] + owed + offset) & (of - 1)) == 0;
  }

  /** What each address is above that of the lane before; or {@link #IRREGULAR}. */
  public long stride() {
    return stride;
  }

  /** The same among lanes 0 to 15, as in tiles 16 wide. */
  public long lowerStride() {
    return lowerStride;
  }

  /** The same among lanes 16 to 31. */
  public long upperStride() {
    return upperStride;
  }

  private void look() {
    long[] v = values;
    long step = v[1] - v[0];
    // Most registers that do not go in equal steps show it at their ends.
    if (v[LANES - 1] - v[0] == (LANES - 1) * step && isRegular(v, step)) {
      goesIn(step, v[0], v[LANES - 1]);
    } else {
      stride = IRREGULAR;
      lookAtHalves(v);
    }
  }

  private void goesIn(long step, long first, long last) {
    stride = step;
    lowerStride = step;
    upperStride = step;
    spread = step;
    low = Math.min(first, last);
    high = Math.max(first, last);
  }

  private void lookAtHalves(long[] v) {
    long lower = v[1] - v[0];
    boolean lowerMay = v[HALF - 1] - v[0] == (HALF - 1) * lower;
    lowerStride = lowerMay && isLowerHalfRegular(v, lower) ? lower : IRREGULAR;
    long upper = v[HALF + 1] - v[HALF];
    boolean upperMay = v[LANES - 1] - v[HALF] == (HALF - 1) * upper;
    upperStride = upperMay && isUpperHalfRegular(v, upper) ? upper : IRREGULAR;
    if (lowerStride != IRREGULAR && upperStride != IRREGULAR) {
      low = Math.min(Math.min(v[0], v[HALF - 1]), Math.min(v[HALF], v[LANES - 1]));
      high = Math.max(Math.max(v[0], v[HALF - 1]), Math.max(v[HALF], v[LANES - 1]));
      spread = lower | upper | v[HALF] - v[0];
    } else {
      lookAtEach(v);
    }
  }

  private void lookAtEach(long[] v) {
    long smallest = Long.MAX_VALUE;
    long largest = Long.MIN_VALUE;
    long first = v[0];
    long differences = 0;
    for (int i = 0; i < LANES; i++) {
      smallest = Math.min(smallest, v[i]);
      largest = Math.max(largest, v[i]);
    }
    for (int i = 0; i < LANES; i++) {
      differences |= v[i] - first;
    }
    low = smallest;
    high = largest;
    spread = differences;
  }

  // The bounds of these loops are constants, so that they become vector code.

  private static boolean isRegular(long[] v, long step) {
    long difference = 0;
    for (int i = 0; i < LANES - 1; i++) {
      difference |= v[i + 1] - v[i] - step;
    }
    return difference == 0;
  }

  private static boolean isRegular(int[] v, int step) {
    int difference = 0;
    for (int i = 0; i < LANES - 1; i++) {
      difference |= v[i + 1] - v[i] - step;
    }
    return difference == 0;
  }

  private static boolean isLowerHalfRegular(long[] v, long step) {
    long difference = 0;
    for (int i = 0; i < HALF - 1; i++) {
      difference |= v[i + 1] - v[i] - step;
    }
    return difference == 0;
  }

  private static boolean isUpperHalfRegular(long[] v, long step) {
    long difference = 0;
    for (int i = HALF; i < LANES - 1; i++) {
      difference |= v[i + 1] - v[i] - step;
    }
    return difference == 0;
  }
}
