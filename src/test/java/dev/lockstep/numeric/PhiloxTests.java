package dev.lockstep.numeric;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PhiloxTests {
  /** The answers the authors' library, Random123, publishes for philox4x32 with ten rounds. */
  @Test
  void givesTheKnownAnswers() {
    assertThat(hex(new Philox(0).words(0, 0))).isEqualTo("6627e8d5 e169c58d bc57ac4c 9b00dbd8");
    assertThat(hex(new Philox(-1).words(-1, -1))).isEqualTo("408f276d 41c83b0e a20bc7c6 6d5451fd");
    assertThat(
            hex(new Philox(0x299f31d0_a4093822L).words(0x85a308d3_243f6a88L, 0x03707344_13198a2eL)))
        .isEqualTo("d16cfe09 94fdcceb 5001e420 24126ea1");
  }

  @Test
  void fourNeighboursShareACounter() {
    Philox philox = new Philox(7);
    long sequence = 1L << 40;
    for (long first : new long[] {0, 4, 1L << 36}) {
      int[] words = philox.words(first / 4, sequence);
      for (int i = 0; i < 4; i++) {
        assertThat(philox.word(first + i, sequence)).isEqualTo(words[i]);
      }
    }
  }

  private static String hex(int[] words) {
    return String.join(" ", Arrays.stream(words).mapToObj(word -> "%08x".formatted(word)).toList());
  }
}
