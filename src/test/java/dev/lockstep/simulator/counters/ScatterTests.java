package dev.lockstep.simulator.counters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.memory.GlobalMemory;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The quick count of accesses in no order gives what the set of all bytes gives. */
class ScatterTests {
  /** From nearly every lane in a sector of its own to all lanes in few sectors. */
  private static final int[] RANGES = {1 << 16, 1 << 12, 1 << 10, 256};

  @Test
  void countsWhatTheSetOfBytesHolds() {
    Random random = new Random(5);
    int quick = 0;
    try (GlobalMemory memory = new GlobalMemory()) {
      GlobalMemory.Allocation allocation = memory.allocate("x", 1 << 16);
      for (int n = 0; n < 4000; n++) {
        int bytes = 1 << random.nextInt(5);
        int lanes = random.nextInt(3) == 0 ? random.nextInt() | 1 : -1;
        int range = RANGES[random.nextInt(RANGES.length)] / bytes;
        long[] addresses = new long[Warp.LANES];
        Touches touches = new Touches();
        for (int i = 0; i < Warp.LANES; i++) {
          addresses[i] = allocation.region().start() + (long) random.nextInt(range) * bytes - 16;
          if ((lanes >>> i & 1) != 0) {
            touches.add(addresses[i] + 16, bytes);
          }
        }
        Footprint footprint = new Footprint();
        Footprint.Touched touched = footprint.in(allocation.region());
        Scatter scatter = new Scatter();
        if (scatter.count(addresses, 16, lanes, bytes, touched)) {
          quick++;
          assertThat(scatter.sectors()).isEqualTo(touches.sectors());
          assertThat(scatter.lines()).isEqualTo(touches.lines());
          assertThat(scatter.distinct() * bytes).isEqualTo(touches.bytes());
          assertThat(footprint.bytes()).isEqualTo(32L * touches.sectors());
        }
      }
    }
    assertThat(quick).isGreaterThan(2000);
  }

  @Test
  void leavesWhatIsMisalignedOrElsewhereToOthers() {
    try (GlobalMemory memory = new GlobalMemory()) {
      GlobalMemory.Allocation allocation = memory.allocate("x", 4096);
      long start = allocation.region().start();
      Footprint.Touched touched = new Footprint().in(allocation.region());
      long[] addresses = new long[Warp.LANES];
      for (long wrong : new long[] {start + 2, start - 4, start + (1 << 20)}) {
        for (int i = 0; i < Warp.LANES; i++) {
          addresses[i] = i == 9 ? wrong : start + 128L * (i % 20);
        }
        assertThat(new Scatter().count(addresses, 0, -1, 4, touched)).isFalse();
        assertThat(new Scatter().count(addresses, 0, 0x1ff, 4, touched)).isTrue();
      }
    }
  }
}
