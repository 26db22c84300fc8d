package dev.lockstep.simulator.counters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Turns of banks are what sets of words for each bank say, however far words lie apart. */
class BanksTests {
  /** Bytes of shared memory accessed: from a row of all banks to more than a block has. */
  private static final int[] RANGES = {128, 1 << 10, 1 << 13, 1 << 14, 1 << 18};

  @Test
  void eachBankGivesOneWordAtATime() {
    Random random = new Random(7);
    Banks banks = new Banks();
    for (int n = 0; n < 5000; n++) {
      int unit = 2 + random.nextInt(3);
      boolean alone = random.nextInt(4) == 0;
      int range = RANGES[random.nextInt(RANGES.length)] >> unit;
      int lanes = random.nextBoolean() ? -1 : random.nextInt() | 1 << random.nextInt(32);
      long[] addresses =
          random.ints(Warp.LANES, 0, range).mapToLong(place -> (long) place << unit).toArray();
      int expected = turns(addresses, lanes, unit, alone);
      assertThat(banks.turns(addresses, 0, lanes, unit, alone)).isEqualTo(expected);
      long shift = (long) (random.nextInt(64) - 32) << unit;
      long[] before = Arrays.stream(addresses).map(address -> address - shift).toArray();
      assertThat(banks.turns(before, shift, lanes, unit, alone)).isEqualTo(expected);
    }
  }

  /** What idle lanes point at is nobody's business. */
  @Test
  void someOfAllBanksTakeOneTurn() {
    Random random = new Random(9);
    Banks banks = new Banks();
    for (int n = 0; n < 200; n++) {
      int apart = random.nextInt(Warp.LANES);
      int lanes = random.nextInt() | 1 << random.nextInt(32);
      long[] addresses = new long[Warp.LANES];
      Arrays.setAll(addresses, lane -> 4L * (lane ^ apart) + 128 * random.nextInt(20));
      boolean alone = random.nextBoolean();
      assertThat(banks.turns(addresses, 0, lanes, 2, alone)).isEqualTo(1);
      int idle = Integer.numberOfTrailingZeros(~lanes);
      if (idle < Warp.LANES) {
        addresses[idle] = random.nextInt(1 << 20);
        assertThat(banks.turns(addresses, 0, lanes, 2, alone)).isEqualTo(1);
      }
    }
  }

  /** Vectors are accessed by halves or quarters of a warp, each of their banks being several. */
  private static int turns(long[] addresses, int lanes, int unit, boolean alone) {
    int together = 128 >> unit;
    int turns = 0;
    for (int from = 0; from < Warp.LANES; from += together) {
      Map<Long, Set<Long>> asked = new HashMap<>();
      for (int lane = from; lane < from + together; lane++) {
        if ((lanes >>> lane & 1) != 0) {
          long word = addresses[lane] >> unit;
          asked.computeIfAbsent(word % together, bank -> new HashSet<>()).add(alone ? lane : word);
        }
      }
      turns += asked.values().stream().mapToInt(Set::size).max().orElse(0);
    }
    return turns;
  }
}
