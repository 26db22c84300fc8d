package dev.lockstep.simulator.counters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.simulator.memory.GlobalMemory;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A set holds what it was made of, wherever in a region it is added. */
class SectorSetTests {
  private static final int SECTORS = 1000;

  @Test
  void addsAllOfItsSectorsAnywhere() {
    Random random = new Random(10);
    try (GlobalMemory memory = new GlobalMemory()) {
      GlobalMemory.Allocation allocation = memory.allocate("x", SECTORS * 32);
      for (int n = 0; n < 500; n++) {
        int room = 1 + random.nextInt(SECTORS);
        long[] sectors = random.longs(32, 0, room).sorted().distinct().toArray();
        SectorSet set = SectorSet.of(sectors);
        assertThat(set.lowest()).isEqualTo(sectors[0]);
        assertThat(set.highest()).isEqualTo(sectors[sectors.length - 1]);
        long on = random.nextInt(SECTORS - room + 1);
        Footprint footprint = new Footprint();
        Footprint.Touched touched = footprint.in(allocation.region());
        for (int i = 0; i < set.starts().length; i++) {
          touched.set(on + set.starts()[i], set.bits()[i]);
        }
        assertThat(footprint.bytes()).isEqualTo(32L * sectors.length);
        for (long sector : sectors) {
          touched.set(on + sector, 1);
        }
        assertThat(footprint.bytes()).as("the same once more").isEqualTo(32L * sectors.length);
      }
    }
  }

  @Test
  void anEmptySetHasNoBounds() {
    assertThat(SectorSet.NONE.isEmpty()).isTrue();
    assertThat(SectorSet.NONE.lowest()).isGreaterThan(SectorSet.NONE.highest());
  }
}
