package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.memory.Region;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A set of 32-byte sectors of global memory: a bit for each, region by region. */
final class Footprint {
  /** Bytes of a sector, as a power of two. */
  static final int SECTOR = 5;

  /** The same of a line. */
  static final int LINE = 7;

  /** Sectors for which tables can be made in the time of one access that is counted without. */
  private static final int SECTORS_AN_ACCESS = 1 << 10;

  /** Words of sectors that are worth the memory of tables: those of a gibibyte. */
  private static final int MOST_WORDS = 1 << 30 - SECTOR - 6;

  /** The sectors of one region that were touched. */
  static final class Touched {
    private final long first;
    private final long sectors;

    /** A bit for each sector. */
    private final long[] bits;

    /** Tells the lines of an access in no order from each other. */
    private @Nullable Stamps lines;

    /** By sector: 1 if {@link #touch} noted it. */
    private byte @Nullable [] touched;

    /** Whether all sectors were, so that nothing has to be noted any more. */
    private boolean whole;

    /** Accesses to {@link #touch} before it is worth looking whether that is so, and past looks. */
    private long nextLook;

    private int looks;

    /** Accesses in no order before tables are worth their making. */
    private long untilTables;

    Touched(long start, long bytes) {
      first = start >> SECTOR;
      sectors = ((start + bytes - 1) >> SECTOR) - first + 1;
      untilTables = sectors / SECTORS_AN_ACCESS;
      bits = new long[Math.toIntExact((sectors + Long.SIZE - 1) / Long.SIZE)];
    }

    /** The number of the first sector. */
    long first() {
      return first;
    }

    /** Whether a sector may be set. */
    boolean covers(long sector) {
      long at = sector - first;
      return at >= 0 && at >> 6 < bits.length;
    }

    /**
     * Whether to note accesses in no order in tables: they cost as much as some accesses counted
     * without.
     */
    boolean isWorthTables() {
      return isSmall() && --untilTables < 0;
    }

    /** Whether tables may be made. */
    boolean isSmall() {
      return bits.length <= MOST_WORDS;
    }

    /** Bytes of all sectors for which there is a bit. */
    long bytes() {
      return (long) bits.length * Long.SIZE << SECTOR;
    }

    /** What tells lines apart. */
    Stamps lines() {
      Stamps known = lines;
      if (known == null) {
        known = new Stamps(bits.length * (Long.SIZE >> LINE - SECTOR));
        lines = known;
      }
      return known;
    }

    /** Notes accesses in no order by the bytes that lie before them. */
    void touch(int[] offsets) {
      byte[] known = untilWhole();
      if (known != null) {
        for (int offset : offsets) {
          known[offset >>> SECTOR] = 1;
        }
        lookWhenDue(known);
      }
    }

    /** Notes accesses in equal steps, which all lie in the region. */
    void touch(long address, long stride) {
      byte[] known = untilWhole();
      if (known != null) {
        long offset = address - (first << SECTOR);
        for (int i = 0; i < Warp.LANES; i++) {
          known[(int) (offset + i * stride >> SECTOR)] = 1;
        }
        lookWhenDue(known);
      }
    }

    private byte @Nullable [] untilWhole() {
      if (touched == null && !whole) {
        touched = new byte[bits.length * Long.SIZE];
        nextLook = sectors / Warp.LANES + 1;
      }
      return whole ? null : touched;
    }

    private void lookWhenDue(byte[] known) {
      if (--nextLook == 0) {
        look(known);
      }
    }

    /** Finds out whether all was touched; if not, does so again after twice as many accesses. */
    private void look(byte[] known) {
      whole = Flags.areAllSet(known, Math.toIntExact(sectors));
      looks++;
      nextLook = (sectors / Warp.LANES + 1) << looks;
    }

    /** Adds some of the four sectors of a line, one bit each; regions start with a line. */
    void setFour(long sector, int which) {
      long at = sector - first;
      bits[(int) (at >> 6)] |= (long) which << (at & 63);
    }

    /**
     * Adds some of 64 sectors.
     *
     * @param at how many lie before the first of them
     * @param which none that lies outside of the region
     */
    void set(long at, long which) {
      int word = (int) (at >> 6);
      int shift = (int) at & 63;
      bits[word] |= which << shift;
      long further = which >>> 1 >>> 63 - shift;
      if (further != 0) {
        bits[word + 1] |= further;
      }
    }

    /** All that was noted, a bit for each sector. */
    private long[] noted() {
      byte[] known = touched;
      if (known != null) {
        Flags.addTo(bits, known);
      }
      return bits;
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
          long[] more = touched.noted();
          for (int i = 0; i < sum.length; i++) {
            sum[i] |= more[i];
          }
        });
  }

  /** Bytes of all sectors. */
  long bytes() {
    long sectors = 0;
    for (Touched touched : regions.values()) {
      for (long word : touched.noted()) {
        sectors += Long.bitCount(word);
      }
    }
    return sectors << SECTOR;
  }
}
