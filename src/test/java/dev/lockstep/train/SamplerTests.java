package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SamplerTests {
  private static final double[] LOGITS = {Math.log(1), Math.log(2), Math.log(5)};

  @Test
  void drawsEachTokenWithItsProbability() {
    int[] counts = new int[3];
    for (int i = 0; i < 8000; i++) {
      counts[Sampler.draw(LOGITS, 1, (i + 0.5) / 8000)]++;
    }
    assertThat(counts[0]).isCloseTo(1000, within(1));
    assertThat(counts[1]).isCloseTo(2000, within(1));
    assertThat(counts[2]).isCloseTo(5000, within(1));
  }

  @Test
  void temperatureSharpensAndFlattens() {
    // Halving the temperature squares the weights: 1, 4, 25.
    assertThat(Sampler.draw(LOGITS, 0.5, 0.99 / 30)).isZero();
    assertThat(Sampler.draw(LOGITS, 0.5, 1.01 / 30)).isEqualTo(1);
    assertThat(Sampler.draw(LOGITS, 0.5, 5.01 / 30)).isEqualTo(2);
    assertThat(Sampler.draw(LOGITS, 1e9, 0.34)).isEqualTo(1);
    assertThat(Sampler.draw(LOGITS, 0, 0)).isEqualTo(2);
  }

  @Test
  void hugeLogitsDoNotOverflow() {
    assertThat(Sampler.draw(new double[] {1e30, 0, -1e30}, 0.7, 0.999)).isZero();
    assertThat(Sampler.draw(new double[] {5, 5}, 1, Math.nextDown(1.0))).isEqualTo(1);
  }
}
