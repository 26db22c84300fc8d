package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;

/**
 * Where in shared memory the active lanes of a warp access how much. An idle lane stands for the
 * last active one: so loops go over all 32, without a branch, and leave behind what the active ones
 * would, one after the other.
 *
 * <p>Most accesses are seen by a set of 64 bits not to touch each other: places are numbered in
 * steps, the largest power of two that divides what lies between any two of them, and the set is
 * that of the last six bits of the numbers. Of 64 neighbours in equal steps, as partners in a tree
 * or a butterfly are, that says it all.
 */
final class LaneOffsets {
  private static final int LANES = Warp.LANES;

  private static final int LARGEST_STEP = 30;

  /** Lane i's bit and number: shifts by i, too, would keep a loop from being vector code. */
  private static final int[] BIT = new int[LANES];

  private static final int[] NUMBER = new int[LANES];

  static {
    Arrays.setAll(BIT, i -> 1 << i);
    Arrays.setAll(NUMBER, i -> i);
  }

  /** By lane; −1 for what is far beyond shared memory. */
  final int[] at = new int[LANES];

  /** By lane: that which it stands for. */
  final int[] lane = NUMBER.clone();

  private int mask = -1;
  private int size;
  private int low;
  private int high;
  private int bits;

  /** By how many bits a place is its number; and what is left of each place. */
  private int step;

  private int remainder;

  /** The numbers as a set; 0 while nobody has asked. */
  private long set;

  /**
   * Takes addresses.
   *
   * @param shift what is to be added to them
   * @param active at least one lane
   * @param bytes that each accesses, a power of two
   */
  void place(long[] addresses, long shift, int active, int bytes) {
    for (int i = 0; i < LANES; i++) {
      long offset = addresses[i] + shift;
      at[i] = (int) (offset | offset >> 63 | Integer.MAX_VALUE - offset >> 63);
    }
    placed(active, bytes);
  }

  /** The same of 32-bit ones. */
  void place(int[] addresses, int shift, int active, int bytes) {
    for (int i = 0; i < LANES; i++) {
      at[i] = addresses[i] + shift;
    }
    placed(active, bytes);
  }

  /** Takes two halves of a warp, each of which goes in equal steps. */
  void place(int first, int lower, int middle, int upper, int bytes) {
    int half = LANES / 2;
    for (int i = 0; i < half; i++) {
      at[i] = first + i * lower;
    }
    for (int i = 0; i < half; i++) {
      at[half + i] = middle + i * upper;
    }
    placed(-1, bytes);
  }

  private void placed(int active, int bytes) {
    if (active != mask) {
      mask = active;
      stand();
    }
    size = bytes;
    if (active != -1) {
      int last = at[lastLane()];
      for (int i = 0; i < LANES; i++) {
        int idle = idle(active, i);
        at[i] = at[i] & ~idle | last & idle;
      }
    }
    int smallest = Integer.MAX_VALUE;
    int largest = Integer.MIN_VALUE;
    for (int i = 0; i < LANES; i++) {
      smallest = Math.min(smallest, at[i]);
      largest = Math.max(largest, at[i]);
    }
    int first = at[0];
    int all = 0;
    int differences = 0;
    for (int i = 0; i < LANES; i++) {
      all |= at[i];
      differences |= at[i] ^ first;
    }
    low = smallest;
    high = largest;
    bits = all;
    step = Math.min(LARGEST_STEP, Integer.numberOfTrailingZeros(differences));
    remainder = first & (1 << step) - 1;
    set = 0;
  }

  private void stand() {
    int last = lastLane();
    for (int i = 0; i < LANES; i++) {
      int idle = idle(mask, i);
      lane[i] = NUMBER[i] & ~idle | last & idle;
    }
  }

  /** Becomes the same as others. */
  void copy(LaneOffsets from) {
    System.arraycopy(from.at, 0, at, 0, LANES);
    if (from.mask != mask) {
      mask = from.mask;
      System.arraycopy(from.lane, 0, lane, 0, LANES);
    }
    size = from.size;
    low = from.low;
    high = from.high;
    bits = from.bits;
    step = from.step;
    remainder = from.remainder;
    set = from.set;
  }

  /** All bits if a lane is not active, else none. */
  private static int idle(int active, int lane) {
    return (active & BIT[lane]) - 1 >> 31;
  }

  /** The active lanes. */
  int mask() {
    return mask;
  }

  /** The lane that idle ones stand for. */
  private int lastLane() {
    return LANES - 1 - Integer.numberOfLeadingZeros(mask);
  }

  /** Bytes that each lane accesses. */
  int size() {
    return size;
  }

  /** The lowest offset. */
  int low() {
    return low;
  }

  /** Behind what is accessed at the highest. */
  int end() {
    return high + size;
  }

  /** Whether the op will do it: it refuses what is beyond memory or misaligned. */
  boolean areLegal(int bytes) {
    return low >= 0 && high <= bytes - size && (bits & size - 1) == 0;
  }

  private long set() {
    if (set == 0) {
      long all = 0;
      for (int i = 0; i < LANES; i++) {
        all |= 1L << (at[i] >>> step);
      }
      set = all;
    }
    return set;
  }

  /** Whether no two lanes access the same, as far as is easily told. */
  boolean areApart() {
    return Long.bitCount(set()) == Integer.bitCount(mask);
  }

  /** Whether none of them accesses what one of the others does, as far as is easily told. */
  boolean areApartFrom(LaneOffsets others) {
    int common = (1 << Math.min(step, others.step)) - 1;
    return size == others.size
        && (((remainder ^ others.remainder) & common) != 0
            || step == others.step && (set() & others.set()) == 0);
  }

  /** Whether each of these lanes is one of the others, too, and accesses the same place. */
  boolean areAmong(LaneOffsets others) {
    int different = mask & ~others.mask;
    for (int i = 0; i < LANES; i++) {
      different |= (at[i] ^ others.at[i]) & ~idle(mask, i);
    }
    return different == 0 && size == others.size;
  }
}
