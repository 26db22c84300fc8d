package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Counts accesses in no order quickly: those of a warp whose lanes all access one region, aligned.
 * Each then lies in one sector.
 */
abstract class Scatter {
  // The incubating module is there only when the command line asked for it (--add-modules);
  // classes that use it must not even be loaded otherwise.
  private static final @Nullable VectorRehearsal VECTORS =
      ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent() && VectorScatter.isFast()
          ? new VectorRehearsal()
          : null;

  /** Of each access: the bytes before it in the region. */
  final int[] offsets = new int[Warp.LANES];

  /** Bits in which some offset differs from the first. */
  private long differences;

  /** What was found. */
  int sectors;

  int lines;
  int distinct;

  private int uses;

  /** The fastest here and now. */
  static Scatter best() {
    return VECTORS != null && VECTORS.isOver() ? new VectorScatter() : new StampedScatter();
  }

  /** Says that this one will not be used any more. */
  final void close() {
    if (VECTORS != null) {
      VECTORS.counted(uses);
    }
    uses = 0;
  }

  /** How many sectors. */
  final int sectors() {
    return sectors;
  }

  /** How many lines of 128 bytes. */
  final int lines() {
    return lines;
  }

  /** How many different addresses. */
  final int distinct() {
    return distinct;
  }

  /**
   * Counts one access; false, and nothing done, when it has to be done in another way.
   *
   * @param addresses by lane
   * @param more added to each address
   * @param lanes those that access, at least one
   * @param bytes a power of two, 32 at most
   * @param into gets the sectors
   */
  final boolean count(long[] addresses, long more, int lanes, int bytes, Footprint.Touched into) {
    if (!into.isSmall()) {
      return false;
    }
    long start = (into.first() << Footprint.SECTOR) - more;
    long last = into.bytes() - bytes;
    boolean fits =
        lanes == -1
            ? find(addresses, start, last, bytes)
            : find(addresses, lanes, start, last, bytes);
    if (fits) {
      count(Integer.bitCount(lanes), bytes, into);
      addTo(into);
      uses++;
    }
    return fits;
  }

  /** Adds the sectors of the access counted last to those of the same region. */
  final void addTo(Footprint.Touched touched) {
    touched.touch(offsets);
  }

  /** Bits in which some offset differs from the first. */
  final int differences() {
    return (int) differences;
  }

  /**
   * Sets the offsets; false when an access is misaligned or does not lie in the region. Without a
   * branch, so that the loops become vector code.
   */
  private boolean find(long[] addresses, long start, long last, int bytes) {
    long first = addresses[0] - start;
    long outside = 0;
    long differing = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      long offset = addresses[i] - start;
      outside |= offset | last - offset;
      differing |= offset ^ first;
    }
    for (int i = 0; i < Warp.LANES; i++) {
      offsets[i] = (int) (addresses[i] - start);
    }
    differences = differing;
    return outside >= 0 && ((first | differing) & bytes - 1) == 0;
  }

  /** The same of some lanes. For the others stands one of them, which changes no count. */
  private boolean find(long[] addresses, int lanes, long start, long last, int bytes) {
    long first = addresses[Integer.numberOfTrailingZeros(lanes)] - start;
    long outside = 0;
    long differing = 0;
    int found = 0;
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      long offset = addresses[Integer.numberOfTrailingZeros(rest)] - start;
      outside |= offset | last - offset;
      differing |= offset ^ first;
      offsets[found++] = (int) offset;
    }
    Arrays.fill(offsets, found, Warp.LANES, offsets[0]);
    differences = differing;
    return outside >= 0 && ((first | differing) & bytes - 1) == 0;
  }

  /**
   * Counts what is at {@link #offsets}.
   *
   * @param lanes how many of them stand for themselves
   */
  abstract void count(int lanes, int bytes, Footprint.Touched into);
}
