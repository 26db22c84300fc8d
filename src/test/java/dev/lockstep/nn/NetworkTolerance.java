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
public record NetworkTolerance(DType dtype, int blocks, long sumLength) {
  private static final int STORED_PER_BLOCK = 10;
  private static final int STORED_AROUND = 10;

  /**
   * The same of the root mean square of a tensor, or of a mean or norm over many numbers, as a
   * share of it, from counting alone: an error anywhere within one rounding has a third of its
   * square.
   */
  public static double averaged(DType dtype, int blocks) {
    return 2 * Math.sqrt(stored(blocks) / 3.0) * dtype.unitRoundoff();
  }

  /**
   * The same after steps of training at these rates. What a step sees is wrong by {@link #averaged}
   * once more; what it starts from is wrong because each step before took a direction that was.
   * Those errors are rounded anew each time and so have nothing to do with each other: beside the
   * way that was gone, the sum of the rates, they add up like the root of the sum of their squares.
   * Adam moves by lengths that do not depend on the gradient's, so an error remains the share of a
   * step that it was of the gradient. Training that converges does not amplify either.
   */
  public static double trained(DType dtype, int blocks, double[] rates) {
    double way = 0;
    double squares = 0;
    for (double rate : rates) {
      way += rate;
      squares += rate * rate;
    }
    return averaged(dtype, blocks) * (1 + Math.sqrt(squares) / way);
  }

  private static int stored(int blocks) {
    return STORED_AROUND + STORED_PER_BLOCK * blocks;
  }

  double of(double largest) {
    double relative =
        2 * Math.sqrt(stored(blocks)) * dtype.unitRoundoff()
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
