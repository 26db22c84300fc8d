package dev.lockstep.simulator.counters;

import dev.lockstep.device.Counter;
import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;
import java.util.List;

/** Requests, sectors, lines and bytes of global memory. */
final class GlobalAccess extends AccessCounter {
  /** What is accessed for what; the counters in the order in which {@link #measure} gives them. */
  enum Kind {
    LOAD(true, false, Counter.GLOBAL_LOAD_REQUESTS),
    STORE(false, true, Counter.GLOBAL_STORE_REQUESTS),
    COPY(true, false, Counter.GLOBAL_COPY_REQUESTS),
    ATOMIC(true, true, Counter.GLOBAL_ATOMIC_REQUESTS),
    REDUCTION(true, true, Counter.GLOBAL_REDUCTION_REQUESTS);

    private final boolean loads;
    private final boolean stores;
    private final List<Counter> counters;

    /** The five counters of a kind stand together, requests first. */
    Kind(boolean loads, boolean stores, Counter requests) {
      this.loads = loads;
      this.stores = stores;
      int at = requests.ordinal();
      this.counters = List.of(Counter.values()).subList(at, at + 5);
    }
  }

  private static final int LINE = 7;

  private final Kind kind;
  private final int bytes;

  GlobalAccess(Slots slots, Kind kind, int bytes) {
    super(slots, kind.counters);
    this.kind = kind;
    this.bytes = bytes;
  }

  @Override
  Cost measure(long[] addresses, int lanes) {
    long[] starts = Lanes.sorted(addresses, lanes);
    long sectors = 0;
    long lines = 0;
    long distinct = 0;
    long sectorsUpTo = Long.MIN_VALUE;
    long linesUpTo = Long.MIN_VALUE;
    long bytesUpTo = Long.MIN_VALUE;
    int[] runs = new int[2 * starts.length];
    int used = 0;
    for (long start : starts) {
      long end = start + bytes;
      long firstSector = Math.max(start >> Footprint.SECTOR, sectorsUpTo);
      long endSector = ((end - 1) >> Footprint.SECTOR) + 1;
      if (endSector > firstSector) {
        int more = (int) (endSector - firstSector);
        sectors += more;
        // Runs of 64 at most: what a footprint takes at once.
        if (used > 0 && firstSector == sectorsUpTo && runs[used - 1] + more <= Long.SIZE) {
          runs[used - 1] += more;
        } else {
          runs[used++] = (int) firstSector;
          runs[used++] = more;
        }
        sectorsUpTo = endSector;
      }
      long endLine = ((end - 1) >> LINE) + 1;
      lines += Math.max(0, endLine - Math.max(start >> LINE, linesUpTo));
      linesUpTo = Math.max(linesUpTo, endLine);
      distinct += Math.max(0, end - Math.max(start, bytesUpTo));
      bytesUpTo = Math.max(bytesUpTo, end);
    }
    long asked = (long) starts.length * bytes;
    return new Cost(new long[] {1, sectors, lines, asked, distinct}, Arrays.copyOf(runs, used));
  }

  @Override
  void visit(Warp w, KernelTally tally, AccessHistory history, long base, Cost cost) {
    long sector = base >> Footprint.SECTOR;
    if (kind.loads) {
      history.load(tally.loaded, w.global(), sector, cost.runs());
    }
    if (kind.stores) {
      history.store(tally.stored, w.global(), sector, cost.runs());
    }
  }
}
