package dev.lockstep.profile.bench;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.LaunchCounts;
import java.util.List;

/**
 * What the launches of a pass did together, as counted.
 *
 * @param sectors 32-byte sectors of global memory requested, by loads, asynchronous copies, stores
 *     and atomics; however many of them a cache answers
 * @param usedBytes different bytes those requests asked for
 * @param compulsoryBytes what had to come from memory or go there however large the caches: of each
 *     launch the different sectors
 * @param bankConflicts wavefronts of shared memory beyond the first of each access
 * @param wavefronts of shared memory
 * @param localSectors sectors of local memory: spills and indexed arrays
 * @param instructions by warps
 * @param threadInstructions by threads
 */
public record Traffic(
    long sectors,
    long usedBytes,
    long compulsoryBytes,
    long bankConflicts,
    long wavefronts,
    long localSectors,
    long instructions,
    long threadInstructions) {
  /** Bytes of a sector. */
  static final int SECTOR = 32;

  private static final Counter[] SECTORS = {
    Counter.GLOBAL_LOAD_SECTORS,
    Counter.GLOBAL_STORE_SECTORS,
    Counter.GLOBAL_COPY_SECTORS,
    Counter.GLOBAL_ATOMIC_SECTORS,
    Counter.GLOBAL_REDUCTION_SECTORS
  };
  private static final Counter[] USED = {
    Counter.GLOBAL_LOAD_DISTINCT_BYTES,
    Counter.GLOBAL_STORE_DISTINCT_BYTES,
    Counter.GLOBAL_COPY_DISTINCT_BYTES,
    Counter.GLOBAL_ATOMIC_DISTINCT_BYTES,
    Counter.GLOBAL_REDUCTION_DISTINCT_BYTES
  };
  private static final Counter[] CONFLICTS = {
    Counter.SHARED_LOAD_CONFLICTS, Counter.SHARED_STORE_CONFLICTS, Counter.SHARED_ATOMIC_CONFLICTS
  };
  private static final Counter[] WAVEFRONTS = {
    Counter.SHARED_LOAD_WAVEFRONTS,
    Counter.SHARED_STORE_WAVEFRONTS,
    Counter.SHARED_ATOMIC_WAVEFRONTS
  };

  /** Of all these launches together. */
  static Traffic of(List<LaunchCounts> launches) {
    Counts.Builder sum = new Counts.Builder();
    long compulsory = 0;
    for (LaunchCounts launch : launches) {
      sum.add(launch.totals());
      compulsory += launch.compulsoryLoadBytes() + launch.compulsoryStoreBytes();
    }
    Counts totals = sum.build();
    return new Traffic(
        totals.sum(SECTORS),
        totals.sum(USED),
        compulsory,
        totals.sum(CONFLICTS),
        totals.sum(WAVEFRONTS),
        totals.sum(Counter.LOCAL_LOAD_SECTORS, Counter.LOCAL_STORE_SECTORS),
        totals.get(Counter.INSTRUCTIONS),
        totals.get(Counter.THREAD_INSTRUCTIONS));
  }

  /** Bytes asked for of each 32 that a sector holds. */
  public double bytesPerSector() {
    return (double) usedBytes / sectors;
  }
}
