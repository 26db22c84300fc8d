package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.memory.Region;
import java.util.HashMap;
import java.util.Map;

/** A set of 32-byte sectors of global memory: a bit for each, region by region. */
final class Footprint {
  /** Bytes of a sector, as a power of two. */
  static final int SECTOR = 5;

  /** The sectors of one region that were touched. */
  static final class Touched {
    private final long first;
    private final long[] bits;

    private Touched(long start, long bytes) {
      first = start >> SECTOR;
      long sectors = ((start + bytes - 1) >> SECTOR) - first + 1;
      bits = new long[Math.toIntExact((sectors + Long.SIZE - 1) / Long.SIZE)];
    }

    /** Whether a sector may be set. */
    boolean covers(long sector) {
      long at = sector - first;
      return at >= 0 && at >> 6 < bits.length;
    }

    /** Adds some of the four sectors of a line, one bit each; regions start with a line. */
    void setFour(long sector, int which) {
      long at = sector - first;
      bits[(int) (at >> 6)] |= (long) which << (at & 63);
    }

    /** Adds {@code count} sectors, 64 at most; those outside the region are left out. */
    void set(long sector, int count) {
      long at = sector - first;
      int word = (int) (at >> 6);
      if (at < 0 || at >> 6 >= bits.length) {
        return;
      }
      long run = -1L >>> (Long.SIZE - count);
      int shift = (int) at & 63;
      bits[word] |= run << shift;
      if (shift + count > Long.SIZE && word + 1 < bits.length) {
        bits[word + 1] |= run >>> (Long.SIZE - shift);
      }
    }
  }

  private final Map<Region, Touched> regions = new HashMap<>();

  Touched in(Region region) {
    return regions.computeIfAbsent(region, r -> new Touched(r.start(), r.bytes()));
  }

  void add(Footprint other) {
    other.regions.forEach(
        (region, touched) -> {
          long[] sum = in(region).bits;
          for (int i = 0; i < sum.length; i++) {
            sum[i] |= touched.bits[i];
          }
        });
  }

  /** Bytes of all sectors. */
  long bytes() {
    long sectors = 0;
    for (Touched touched : regions.values()) {
      for (long word : touched.bits) {
        sectors += Long.bitCount(word);
      }
    }
    return sectors << SECTOR;
  }
}
