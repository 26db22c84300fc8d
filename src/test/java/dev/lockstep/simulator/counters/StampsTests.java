package dev.lockstep.simulator.counters;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What tells the places of one access from those of others. */
class StampsTests {
  /** There are 16 bits for the number of an access. */
  private static final int NUMBERS = 1 << 16;

  @Test
  void numbersThatComeAgainAreNoOnesOfBefore() {
    Stamps stamps = new Stamps(64);
    int[] early = {5 << 7, 6 << 7};
    int[] late = {7 << 7, 7 << 7};
    assertThat(stamps.different(early, 7)).isEqualTo(2);
    for (int n = 0; n < 2 * NUMBERS; n++) {
      assertThat(stamps.different(late, 7)).isEqualTo(1);
    }
    // By now the number that stands at the early places would have come twice again.
    for (int n = 0; n < NUMBERS; n++) {
      assertThat(stamps.different(early, 7)).isEqualTo(2);
    }
  }

  @Test
  void ofMorePlacesThanItHasSomeCountAsOne() {
    Stamps stamps = new Stamps(64);
    assertThat(stamps.tellApart(64)).isTrue();
    assertThat(stamps.tellApart(65)).isFalse();
    assertThat(stamps.different(new int[] {0, 63, 64, 65}, 0)).isEqualTo(3);
  }
}
