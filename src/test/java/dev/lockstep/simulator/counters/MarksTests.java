package dev.lockstep.simulator.counters;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What tells the mark of one access from those of others. */
class MarksTests {
  /** There are 24 bits for the number of an access. */
  private static final int NUMBERS = 1 << 24;

  @Test
  void numbersThatComeAgainAreNoOnesOfBefore() {
    Marks marks = new Marks(16);
    int first = marks.next();
    marks.lines()[3] = first | Marks.SIGN << 2;
    int number = first;
    for (int n = 2; n < NUMBERS; n++) {
      number = marks.next();
    }
    assertThat(marks.lines()[3]).isEqualTo(first | Marks.SIGN << 2);
    assertThat(number >>> Marks.NUMBER).isEqualTo(NUMBERS - 1);
    assertThat(marks.next()).isEqualTo(first);
    assertThat(marks.lines()[3]).as("only that it was touched").isEqualTo(1 << 4 << 2);
    long[] bits = new long[1];
    marks.addTo(bits);
    assertThat(bits[0]).isEqualTo(1L << 4 * 3 + 2);
  }
}
