package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;

/** {@link Scatter} one lane after the other. Where all lines differ, so does all else. */
final class StampedScatter extends Scatter {
  /** Sectors or elements that are told from each other at once. */
  private static final int SEEN = 1 << 12;

  private final int[] sorted = new int[Warp.LANES];
  private final Close close = new Close();
  private final Stamps seen = new Stamps(SEEN);

  @Override
  void count(int lanes, int bytes, Footprint.Touched into) {
    int unit = Integer.numberOfTrailingZeros(bytes);
    if (Close.covers(differences(), unit)) {
      close.count(offsets, unit);
      sectors = close.sectors();
      lines = close.lines();
      distinct = close.elements();
    } else {
      lines = into.lines().different(offsets, Footprint.LINE);
      sectors = lines == lanes ? lanes : different(Footprint.SECTOR, into);
      distinct = sectors == lanes ? lanes : different(unit, into);
    }
  }

  private int different(int unit, Footprint.Touched into) {
    int different = seen.different(offsets, unit);
    if (seen.tellApart((int) (into.bytes() >> unit))) {
      return different;
    }
    System.arraycopy(offsets, 0, sorted, 0, Warp.LANES);
    Arrays.sort(sorted);
    int exactly = 1;
    for (int i = 1; i < Warp.LANES; i++) {
      exactly += sorted[i] >>> unit == sorted[i - 1] >>> unit ? 0 : 1;
    }
    return exactly;
  }
}
