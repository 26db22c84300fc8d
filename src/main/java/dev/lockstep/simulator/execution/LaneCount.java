package dev.lockstep.simulator.execution;

import java.util.Arrays;

/**
 * A 32-bit register of a full warp that a loop changes by equal steps alone: all lanes by the same.
 * What they add up to is owed to it until the loop ends. Meanwhile its smallest and largest value
 * mostly tell what a comparison gives in every lane.
 */
public final class LaneCount {
  /** Registers that can be kept at once. */
  public static final int COUNT = 4;

  private static final int LANES = Warp.LANES;

  private int[] register = {};
  private int owed;

  /** Whether what follows is known of the register as it was looked at. */
  private boolean ranged;

  private long low;
  private long high;

  /** Begins with a register, which nobody may write before {@link #settle}. */
  public void look(int[] register) {
    this.register = register;
    owed = 0;
    ranged = false;
  }

  /** All lanes' values grow by this. */
  public void owe(int step) {
    owed += step;
  }

  /** Gives the register what it is owed. */
  public void settle() {
    int more = owed;
    if (more != 0) {
      int[] r = register;
      for (int i = 0; i < LANES; i++) {
        r[i] += more;
      }
      owed = 0;
    }
  }

  /** The lanes whose value is below one that is the same for all. */
  public int below(int bound) {
    if (isExact()) {
      if (high + owed < bound) {
        return -1;
      }
      if (low + owed >= bound) {
        return 0;
      }
    }
    int lanes = 0;
    for (int i = 0; i < LANES; i++) {
      lanes |= register[i] + owed < bound ? 1 << i : 0;
    }
    return lanes;
  }

  /** The lanes whose value is above one that is the same for all. */
  public int above(int bound) {
    return bound == Integer.MAX_VALUE ? 0 : ~below(bound + 1);
  }

  /** The lanes whose value is the one that is the same for all. */
  public int equal(int bound) {
    return ~below(bound) & ~above(bound);
  }

  /** Whether no lane's value has gone past the ends of its range. */
  private boolean isExact() {
    if (!ranged) {
      range();
    }
    return low + owed >= Integer.MIN_VALUE && high + owed <= Integer.MAX_VALUE;
  }

  private void range() {
    int smallest = register[0];
    int largest = smallest;
    for (int i = 0; i < LANES; i++) {
      smallest = Math.min(smallest, register[i]);
      largest = Math.max(largest, register[i]);
    }
    low = smallest;
    high = largest;
    ranged = true;
  }

  /** As many as a warp needs. */
  static LaneCount[] some() {
    LaneCount[] some = new LaneCount[COUNT];
    Arrays.setAll(some, i -> new LaneCount());
    return some;
  }
}
