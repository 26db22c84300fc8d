package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts accesses in no order quickly: those of a warp whose lanes all access one region, aligned.
 * Each then lies in one sector.
 */
abstract class Scatter {
  // The incubating module is there only when the command line asked for it (--add-modules);
  // classes that use it must not even be loaded otherwise.
  private static final boolean VECTORS =
      ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent() && VectorScatter.isFast();

  /** By lane: the bytes before it in the region. */
  final int[] offsets = new int[Warp.LANES];

  /** What was found, of 32 lanes. */
  int sectors;

  int lines;
  int distinct;

  /**
   * Accesses counted after which vectors pay: before they are compiled, they take as long as a
   * million accesses.
   */
  static final int WORTH_VECTORS = 1 << 18;

  /** Accesses that were counted by all workers so far. */
  private static final AtomicLong COUNTED = new AtomicLong();

  private int uses;

  /** The fastest here and now. */
  static Scatter best() {
    return after(COUNTED.get());
  }

  /** The fastest after that many accesses. */
  static Scatter after(long counted) {
    return VECTORS && counted >= WORTH_VECTORS ? new VectorScatter() : new MarkedScatter();
  }

  /** Says that this one will not be used any more. */
  final void close() {
    COUNTED.addAndGet(uses);
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
   * @param lanes of which each accesses something, or what another does
   * @param more added to each address
   * @param bytes a power of two, 32 at most
   * @param into gets the sectors
   */
  final boolean count(LaneAddresses lanes, long more, int bytes, Footprint.Touched into) {
    long start = (into.first() << Footprint.SECTOR) - more;
    if (!into.isSmall()
        || lanes.low() < start
        || lanes.high() - start >= into.bytes()
        || !lanes.areMultiples(bytes, more)) {
      return false;
    }
    long[] addresses = lanes.values();
    for (int i = 0; i < Warp.LANES; i++) {
      offsets[i] = (int) (addresses[i] - start);
    }
    count(bytes, into);
    uses++;
    return true;
  }

  /** Counts what is at {@link #offsets}. */
  abstract void count(int bytes, Footprint.Touched into);
}
