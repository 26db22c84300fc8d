package dev.lockstep.simulator.counters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.memory.GlobalMemory;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The quick counts of accesses in no order give what the set of all bytes gives. */
class ScatterTests {
  /**
   * From nearly every lane in a sector of its own to all lanes in few sectors. The largest have
   * more elements than are told from each other at once.
   */
  private static final int[] RANGES = {1 << 20, 1 << 16, 1 << 12, 1 << 10, 256, 16};

  static Stream<Scatter> scatters() {
    return Stream.of(new StampedScatter(), new VectorScatter());
  }

  @ParameterizedTest
  @MethodSource("scatters")
  void countsWhatTheSetOfBytesHolds(Scatter scatter) {
    Random random = new Random(5);
    try (GlobalMemory memory = new GlobalMemory()) {
      GlobalMemory.Allocation allocation = memory.allocate("x", 1 << 20);
      Footprint all = new Footprint();
      Footprint expected = new Footprint();
      for (int n = 0; n < 4000; n++) {
        int bytes = 1 << random.nextInt(6);
        int lanes = random.nextInt(3) == 0 ? random.nextInt() | 1 << random.nextInt(32) : -1;
        int range = Math.max(1, RANGES[random.nextInt(RANGES.length)] / bytes);
        long[] addresses = new long[Warp.LANES];
        Touches touches = new Touches();
        for (int i = 0; i < Warp.LANES; i++) {
          addresses[i] = allocation.region().start() + (long) random.nextInt(range) * bytes - 64;
          if ((lanes >>> i & 1) != 0) {
            touches.add(addresses[i] + 64, bytes);
          }
        }
        Footprint footprint = new Footprint();
        assertThat(scatter.count(addresses, 64, lanes, bytes, footprint.in(allocation.region())))
            .isTrue();
        assertThat(scatter.sectors()).isEqualTo(touches.sectors());
        assertThat(scatter.lines()).isEqualTo(touches.lines());
        assertThat(scatter.distinct() * bytes).isEqualTo(touches.bytes());
        assertThat(footprint.bytes()).isEqualTo(32L * touches.sectors());
        assertThat(scatter.count(addresses, 64, lanes, bytes, all.in(allocation.region())))
            .isTrue();
        for (int i = 0; i < touches.lines(); i++) {
          expected.in(allocation.region()).setFour(4 * touches.line(i), touches.sectors(i));
        }
        if (n % 1000 == 0) {
          assertThat(all.bytes()).isEqualTo(expected.bytes());
        }
      }
      assertThat(all.bytes()).isEqualTo(expected.bytes());
    }
  }

  /** Of 300 bytes, the last sector being no whole one, all but one sector; and then that one. */
  @ParameterizedTest
  @MethodSource("scatters")
  void oneSectorIsMissingUntilItIsTouched(Scatter scatter) {
    Random random = new Random(6);
    try (GlobalMemory memory = new GlobalMemory()) {
      GlobalMemory.Allocation allocation = memory.allocate("small", 300);
      Footprint footprint = new Footprint();
      Footprint.Touched touched = footprint.in(allocation.region());
      long[] addresses = new long[Warp.LANES];
      for (int left = 0; left < 2; left++) {
        int sectors = 9 + left;
        for (int n = 0; n < 200; n++) {
          for (int i = 0; i < Warp.LANES; i++) {
            addresses[i] = allocation.region().start() + 32 * random.nextInt(sectors);
          }
          assertThat(scatter.count(addresses, 0, -1, 4, touched)).isTrue();
        }
        assertThat(footprint.bytes()).isEqualTo(32 * sectors);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("scatters")
  void leavesWhatIsMisalignedOrElsewhereToOthers(Scatter scatter) {
    try (GlobalMemory memory = new GlobalMemory()) {
      GlobalMemory.Allocation allocation = memory.allocate("x", 4096);
      long start = allocation.region().start();
      Footprint.Touched touched = new Footprint().in(allocation.region());
      long[] addresses = new long[Warp.LANES];
      for (long wrong : new long[] {start + 2, start - 4, start + 4096, start + (1 << 20)}) {
        for (int i = 0; i < Warp.LANES; i++) {
          addresses[i] = i == 9 ? wrong : start + 128L * (i % 20);
        }
        assertThat(scatter.count(addresses, 0, -1, 4, touched)).isFalse();
        assertThat(scatter.count(addresses, 0, 0x1ff, 4, touched)).isTrue();
      }
    }
  }

  @Test
  void regionsOfGibibytesAreLeftToOthers() {
    try (GlobalMemory memory = new GlobalMemory()) {
      GlobalMemory.Allocation allocation = memory.allocate("large", (1L << 30) + 1);
      long[] addresses = new long[Warp.LANES];
      Arrays.fill(addresses, allocation.region().start());
      Footprint.Touched touched = new Footprint().in(allocation.region());
      assertThat(new StampedScatter().count(addresses, 0, -1, 4, touched)).isFalse();
    }
  }
}
