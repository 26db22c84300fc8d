package dev.lockstep.simulator.intrinsic;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Beside what is computed in full, for exponents on both sides of where that is needed. */
class DirectedDoubleTests {
  private static final int ROUNDS = 4000;

  private final SplittableRandom random = new SplittableRandom(3);

  @ParameterizedTest
  @EnumSource(
      value = Rounding.class,
      names = {"DOWN", "UP", "ZERO"})
  void resultsAreTheNearestOnTheirSide(Rounding rounding) {
    for (int i = 0; i < ROUNDS; i++) {
      double a = any(i);
      double b = i % 7 == 0 ? a * (1 + Math.ulp(1.0) * random.nextInt(4)) : any(i);
      BigDecimal x = new BigDecimal(a);
      BigDecimal y = new BigDecimal(b);
      check(DirectedDouble.add(a, b, rounding), rounding, at -> x.add(y).compareTo(at));
      check(DirectedDouble.add(a, -a, rounding), rounding, at -> -at.signum());
      check(DirectedDouble.mul(a, b, rounding), rounding, at -> x.multiply(y).compareTo(at));
      double z = -a * b * (1 + Math.ulp(1.0) * (random.nextInt(9) - 4)) + (i % 5 < 2 ? any(i) : 0);
      double c = Double.isFinite(z) && i % 4 != 0 ? z : any(i);
      BigDecimal exact = x.multiply(y).add(new BigDecimal(c));
      check(DirectedDouble.fma(a, b, c, rounding), rounding, exact::compareTo);
      check(
          DirectedDouble.div(a, b, rounding),
          rounding,
          at -> y.signum() * x.compareTo(at.multiply(y)));
      check(
          DirectedDouble.sqrt(Math.abs(a), rounding),
          rounding,
          at -> at.signum() < 0 ? 1 : x.abs().compareTo(at.multiply(at)));
    }
  }

  /** A finite number with an exponent that is small, or anything that squares well. */
  private double any(int i) {
    int scale = i % 3 == 0 ? random.nextInt(-505, 505) : random.nextInt(-30, 30);
    double mantissa = 1 + random.nextInt(8) / 8.0 + (i % 2) * random.nextDouble() / 8;
    return Math.scalb(random.nextBoolean() ? mantissa : -mantissa, scale);
  }

  /** Where the exact value lies, seen from a number. */
  private interface Side {
    int of(BigDecimal at);
  }

  private static void check(double got, Rounding rounding, Side exact) {
    boolean up = rounding == Rounding.UP || rounding == Rounding.ZERO && got < 0;
    int side = exact.of(new BigDecimal(got));
    assertThat(up ? side <= 0 : side >= 0).as("%s %s", got, rounding).isTrue();
    if (side != 0) {
      int beyond = exact.of(new BigDecimal(up ? Math.nextDown(got) : Math.nextUp(got)));
      assertThat(up ? beyond > 0 : beyond < 0).as("%s %s", got, rounding).isTrue();
    }
  }
}
