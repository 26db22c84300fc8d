package dev.lockstep.simulator.op;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class BitLanesTests {
  /** Bit i of the result is bit (4a + 2b + c) of the table. */
  @Test
  void threeInputLogicForEveryTable() {
    Random random = new Random(11);
    int[] a = random.ints(32).toArray();
    int[] b = random.ints(32).toArray();
    int[] c = random.ints(32).toArray();
    int[] got = new int[32];
    for (int table = 0; table < 256; table++) {
      BitLanes.logic3(table).apply(got, a, b, c);
      for (int lane = 0; lane < 32; lane++) {
        int expected = 0;
        for (int bit = 0; bit < 32; bit++) {
          int row = (a[lane] >>> bit & 1) << 2 | (b[lane] >>> bit & 1) << 1 | c[lane] >>> bit & 1;
          expected |= (table >>> row & 1) << bit;
        }
        assertThat(got[lane]).isEqualTo(expected);
      }
    }
  }
}
