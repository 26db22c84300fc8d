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
    private final int words;

    /** Pairs: a bit for each of 64 sectors, and one for those the access being counted touches. */
    private final long[] bits;

    private Touched(long start, long bytes) {
      first = start >> SECTOR;
      long sectors = ((start + bytes - 1) >> SECTOR) - first + 1;
      words = Math.toIntExact((sectors + Long.SIZE - 1) / Long.SIZE);
      bits = new long[Math.multiplyExact(2, words)];
    }

    /** The number of the first sector. */
    long first() {
      return first;
    }

    /** Whether a sector may be set. */
    boolean covers(long sector) {
      long at = sector - first;
      return at >= 0 && at >> 6 < words;
    }

    /** The sectors as {@link Scatter} works on them. */
    long[] pairs() {
      return bits;
    }

    /** Adds some of the four sectors of a line, one bit each; regions start with a line. */
    void setFour(long sector, int which) {
      long at = sector - first;
      bits[2 * (int) (at >> 6)] |= (long) which << (at & 63);
    }

    /** Adds {@code count} sectors, 64 at most; those outside the region are left out. */
    void set(long sector, int count) {
      long at = sector - first;
      int word = (int) (at >> 6);
      if (at < 0 || at >> 6 >= words) {
        return;
      }
      long run = -1L >>> (Long.SIZE - count);
      int shift = (int) at & 63;
      bits[2 * word] |= run << shift;
      if (shift + count > Long.SIZE && word + 1 < words) {
        bits[2 * word + 2] |= run >>> (Long.SIZE - shift);
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
      for (int i = 0; i < touched.bits.length; i += 2) {
        sectors += Long.bitCount(touched.bits[i]);
      }
    }
    return sectors << SECTOR;
  }
}
