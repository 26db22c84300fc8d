package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Scatter} that compares each lane with all before it, many at a time: in how low a bit an
 * offset differs from the one most like it says whether both share a sector or a line.
 */
final class VectorScatter extends Scatter {
  private static final VectorSpecies<Integer> SPECIES =
      IntVector.SPECIES_PREFERRED.vectorBitSize() >= 512
          ? IntVector.SPECIES_512
          : IntVector.SPECIES_256;

  private static final int WIDTH = SPECIES.length();

  /** More than any two offsets differ by. */
  private static final int FAR = 1 << 30;

  /** From place 31 − j on, by lane: far for lane j and those before it, which j is not before. */
  private static final int[] NOT_BEFORE = new int[2 * Warp.LANES];

  static {
    Arrays.fill(NOT_BEFORE, 0, Warp.LANES, FAR);
  }

  /** False where vectors would be emulated, which is far slower than plain loops. */
  static boolean isFast() {
    return IntVector.SPECIES_PREFERRED.vectorBitSize() >= SPECIES.vectorBitSize();
  }

  /**
   * So long that the virtual machine compiles it for itself: inlined somewhere large, vectors may
   * become objects, and each access takes microseconds.
   */
  @Override
  void count(int active, int bytes, Footprint.Touched into) {
    int[] all = offsets;
    int[] far = NOT_BEFORE;
    int newSectors = 0;
    int newLines = 0;
    int newAddresses = 0;
    for (int from = 0; from < Warp.LANES; from += WIDTH) {
      IntVector lanes = IntVector.fromArray(SPECIES, all, from);
      IntVector least = IntVector.broadcast(SPECIES, FAR);
      IntVector other = least;
      for (int j = 0; j < from; j += 4) {
        least = least.min(lanes.lanewise(VectorOperators.XOR, all[j]));
        other = other.min(lanes.lanewise(VectorOperators.XOR, all[j + 1]));
        least = least.min(lanes.lanewise(VectorOperators.XOR, all[j + 2]));
        other = other.min(lanes.lanewise(VectorOperators.XOR, all[j + 3]));
      }
      for (int j = 0; j < WIDTH; j += 4) {
        int at = from + j;
        IntVector far0 = IntVector.fromArray(SPECIES, far, Warp.LANES - 1 - j);
        IntVector far1 = IntVector.fromArray(SPECIES, far, Warp.LANES - 2 - j);
        IntVector far2 = IntVector.fromArray(SPECIES, far, Warp.LANES - 3 - j);
        IntVector far3 = IntVector.fromArray(SPECIES, far, Warp.LANES - 4 - j);
        least = least.min(lanes.lanewise(VectorOperators.XOR, all[at]).or(far0));
        other = other.min(lanes.lanewise(VectorOperators.XOR, all[at + 1]).or(far1));
        least = least.min(lanes.lanewise(VectorOperators.XOR, all[at + 2]).or(far2));
        other = other.min(lanes.lanewise(VectorOperators.XOR, all[at + 3]).or(far3));
      }
      least = least.min(other);
      newSectors += least.compare(VectorOperators.GE, 1 << Footprint.SECTOR).trueCount();
      newLines += least.compare(VectorOperators.GE, 1 << Footprint.LINE).trueCount();
      newAddresses += least.compare(VectorOperators.NE, 0).trueCount();
    }
    sectors = newSectors;
    lines = newLines;
    distinct = newAddresses;
  }
}
