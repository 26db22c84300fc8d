package dev.lockstep.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.numeric.DType;

/**
 * How far a whole network may be from the reference. On the way through a block and back some ten
 * results are stored, and as many again in front of and behind the blocks. Each storing moves a
 * tensor by up to one rounding of its largest element, in a random direction, so that n of them add
 * up like √n; twice that is allowed. Sums are kept in fp32, where each of {@code sumLength} terms
 * adds a rounding of its own in the same way.
 */
record NetworkTolerance(DType dtype, int blocks, long sumLength) {
  private static final int STORED_PER_BLOCK = 10;
  private static final int STORED_AROUND = 10;

  double of(double largest) {
    int stored = STORED_AROUND + STORED_PER_BLOCK * blocks;
    double relative =
        2 * Math.sqrt(stored) * dtype.unitRoundoff()
            + 4 * Math.sqrt(sumLength) * DType.F32.unitRoundoff();
    return relative * largest;
  }

  /** Fails with the worst element when one is further from what is expected, or not finite. */
  void check(String name, double[] got, double[] expected) {
    assertThat(got).as(name).hasSameSizeAs(expected);
    double largest = 0;
    for (double value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    double allowed = of(largest) + Float.MIN_NORMAL;
    for (int i = 0; i < got.length; i++) {
      // Written so that NaN fails.
      assertThat(Math.abs(got[i] - expected[i]) <= allowed)
          .as("%s[%d]: got %s, expected %s ± %s", name, i, got[i], expected[i], allowed)
          .isTrue();
    }
  }
}
