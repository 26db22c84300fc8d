package dev.lockstep.simulator.counters;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FlagsTests {
  @Test
  void eachFlagIsABit() {
    Random random = new Random(8);
    byte[] flags = new byte[192];
    BitSet expected = new BitSet();
    for (int i = 0; i < flags.length; i++) {
      flags[i] = (byte) random.nextInt(2);
      expected.set(i, flags[i] != 0);
    }
    long[] bits = {0, 1L << 63, 0};
    expected.set(127);
    Flags.addTo(bits, flags);
    assertThat(bits).isEqualTo(expected.toLongArray());
  }

  @Test
  void oneThatIsNotSetIsFound() {
    for (int count : new int[] {1, 7, 8, 9, 64, 100}) {
      byte[] flags = new byte[128];
      Arrays.fill(flags, 0, count, (byte) 1);
      assertThat(Flags.areAllSet(flags, count)).isTrue();
      assertThat(Flags.areAllSet(flags, count + 1)).isFalse();
      flags[count / 2] = 0;
      assertThat(Flags.areAllSet(flags, count)).isFalse();
    }
  }
}
