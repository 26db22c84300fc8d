package dev.lockstep.profile;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MedianTests {
  @Test
  void isTheMiddleOneOrTheMeanOfTwo() {
    double[] figures = {9, 1, 2};
    assertThat(Median.of(figures)).isEqualTo(2);
    assertThat(figures).containsExactly(9, 1, 2);
    assertThat(Median.of(4, 1, 9, 2)).isEqualTo(3);
  }
}
