package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.memory.Region;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Pattern} whose first address lies at one place of a 128-byte line. Where it was executed
 * is noted by one number, and many of those are added to the footprint at a time.
 */
final class Footing {
  /** Costs depend on where in a line of 128 bytes, or a row of banks, the first address lies. */
  static final int PHASES = 128;

  private static final int MOST_NOTED = 64;

  /** No addresses go in these steps. */
  private static final long NO_STRIDE = Long.MAX_VALUE;

  /** Stands for none: no addresses lie like that. */
  static final Footing NONE = new Footing(-1, NO_STRIDE, List.of(), SectorSet.NONE, SectorSet.NONE);

  private final int phase;
  private final long stride;
  private final List<long[]> costs;
  private final SectorSet loads;
  private final SectorSet stores;
  private long executions;

  /** Whether it touches global memory; if so, its outermost sectors, as in {@link #loads}. */
  private final boolean touches;

  private final long lowest;
  private final long highest;

  /** Where the latest executions were; null when it reads, or writes, nothing or was nowhere. */
  private Footprint.@Nullable Touched loaded;

  private Footprint.@Nullable Touched stored;

  /** The sector of the first address when {@link #lowest} is the region's first sector. */
  private long origin;

  /** How many sectors on from there all of it still lies in the region; 0 for no region. */
  private long room;

  /** By execution: how many sectors on it was. */
  private int[] places = new int[2];

  private int noted;

  /**
   * @param stride of the pattern
   * @param costs what one execution costs, by member of the counter
   * @param loads sectors of global memory that are read, counted from the line of the first address
   * @param stores likewise, those written
   */
  Footing(int phase, long stride, List<long[]> costs, SectorSet loads, SectorSet stores) {
    this.phase = phase;
    this.stride = stride == LaneAddresses.IRREGULAR ? NO_STRIDE : stride;
    this.costs = costs;
    this.loads = loads;
    this.stores = stores;
    this.touches = !loads.isEmpty() || !stores.isEmpty();
    this.lowest = Math.min(loads.lowest(), stores.lowest());
    this.highest = Math.max(loads.highest(), stores.highest());
  }

  /** Where in a line an address lies. */
  static int phase(long first) {
    return (int) first & PHASES - 1;
  }

  int phase() {
    return phase;
  }

  SectorSet loads() {
    return loads;
  }

  SectorSet stores() {
    return stores;
  }

  /** The lowest sector that an execution touches, if it touches any. */
  long lowestSector(long first) {
    return lineOf(first) + lowest;
  }

  /** The number of the sector that begins the line of an address of this phase. */
  long lineOf(long first) {
    return (first >> Footprint.SECTOR) - (phase >> Footprint.SECTOR);
  }

  /**
   * Counts an execution by a full warp if its addresses lie like that, and all of it where the
   * latest were; else does nothing.
   */
  boolean executed(LaneAddresses lanes, long first) {
    return lanes.stride() == stride && phase(first) == phase && executed(first);
  }

  /** The same of lanes whose addresses are known to lie like that. */
  boolean executed(long first) {
    if (touches) {
      long place = (first >> Footprint.SECTOR) - origin;
      if (place < 0 || place >= room) {
        return false;
      }
      if (noted == places.length) {
        makeRoom();
      }
      places[noted++] = (int) place;
    }
    executions++;
    return true;
  }

  /** Counts an execution whose sectors are added to the footprint by others. */
  void executedElsewhere() {
    executions++;
  }

  /** From now on executions are noted that touch nothing outside of this region. */
  void moveTo(Region region, Footprint read, Footprint written) {
    addUp();
    loaded = loads.isEmpty() ? null : read.in(region);
    stored = stores.isEmpty() ? null : written.in(region);
    long first = region.start() >> Footprint.SECTOR;
    long last = (region.start() + region.bytes() - 1) >> Footprint.SECTOR;
    origin = first - lowest + (phase >> Footprint.SECTOR);
    room = Math.min(Integer.MAX_VALUE, last + 1 - first - (highest - lowest));
  }

  private void makeRoom() {
    if (places.length < MOST_NOTED) {
      places = Arrays.copyOf(places, 2 * places.length);
    } else {
      addUp();
    }
  }

  private void addUp() {
    if (loaded != null) {
      add(loads, loaded);
    }
    if (stored != null) {
      add(stores, stored);
    }
    noted = 0;
  }

  private void add(SectorSet sectors, Footprint.Touched to) {
    for (int i = 0; i < sectors.starts().length; i++) {
      long first = sectors.starts()[i] - lowest;
      long bits = sectors.bits()[i];
      for (int n = 0; n < noted; n++) {
        to.set(first + places[n], bits);
      }
    }
  }

  /** Adds what all executions cost, and what they touched. */
  void report(AccessCounter counter, long[] counts) {
    addUp();
    counter.report(costs, executions, counts);
    executions = 0;
  }
}
