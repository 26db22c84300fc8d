package dev.lockstep.numeric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CounterRandomTests {
  @Test
  void readsTheSplitMix64SequenceAtAnyPlace() {
    SplittableRandom sequence = new SplittableRandom(42);
    CounterRandom counter = new CounterRandom(42);
    for (int i = 0; i < 100; i++) {
      assertThat(counter.bits(i)).isEqualTo(sequence.nextLong());
    }
  }

  @Test
  void uniformFillsTheUnitInterval() {
    CounterRandom random = CounterRandom.of(1);
    int[] histogram = new int[10];
    for (int i = 0; i < 100_000; i++) {
      histogram[(int) (random.uniform(i) * 10)]++;
    }
    // Five standard deviations of a binomial with p = 1/10 are 474.
    for (int count : histogram) {
      assertThat(count).isCloseTo(10_000, within(474));
    }
  }

  @Test
  void belowReachesBothEndsAndNothingBeyond() {
    CounterRandom random = CounterRandom.of(2);
    boolean[] seen = new boolean[7];
    for (int i = 0; i < 1000; i++) {
      seen[(int) random.below(7, i)] = true;
    }
    assertThat(seen).containsOnly(true);
    assertThat(random.below(1, 0)).isZero();
    assertThatThrownBy(() -> random.below(0, 0)).hasMessage("bound 0 must be positive");
  }

  @Test
  void gaussianHasMeanZeroVarianceOneAndNoSkew() {
    CounterRandom random = CounterRandom.of(3);
    int n = 100_000;
    double sum = 0;
    double squares = 0;
    double cubes = 0;
    for (int i = 0; i < n; i++) {
      double x = random.gaussian(i);
      sum += x;
      squares += x * x;
      cubes += x * x * x;
    }
    // Five standard errors: 5/√n, 5·√2/√n, 5·√15/√n.
    assertThat(sum / n).isCloseTo(0, within(0.016));
    assertThat(squares / n).isCloseTo(1, within(0.023));
    assertThat(cubes / n).isCloseTo(0, within(0.062));
  }

  @Test
  void childrenOfDifferentNamesAndPlacesDiffer() {
    CounterRandom random = CounterRandom.of(4);
    assertThat(random.child("a")).isNotEqualTo(random.child("b"));
    assertThat(random.child(0)).isNotEqualTo(random.child(1));
    assertThat(random.child("a")).isEqualTo(CounterRandom.of(4).child("a"));
  }

  /** Each of the 24 orders of four comes as often as any other. */
  @Test
  void allPermutationsAreAlike() {
    Map<String, Integer> seen = new HashMap<>();
    int n = 24_000;
    for (int i = 0; i < n; i++) {
      int[] order = CounterRandom.of(5).child(i).permutation(4);
      assertThat(order).containsExactlyInAnyOrder(0, 1, 2, 3);
      seen.merge(Arrays.toString(order), 1, Integer::sum);
    }
    assertThat(seen).hasSize(24);
    // Five standard errors of a count around 1000.
    assertThat(seen.values()).allSatisfy(count -> assertThat(count).isBetween(845, 1155));
    assertThat(CounterRandom.of(5).permutation(0)).isEmpty();
  }
}
