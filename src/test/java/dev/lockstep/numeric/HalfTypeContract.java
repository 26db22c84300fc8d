package dev.lockstep.numeric;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * What both 16-bit types promise, over every pattern and every gap between neighbours. Values are
 * rebuilt here from sign, exponent and fraction, so nothing of the code under test is trusted.
 */
abstract class HalfTypeContract {
  private final int fractionBits;
  private final int bias;

  HalfTypeContract(int fractionBits, int bias) {
    this.fractionBits = fractionBits;
    this.bias = bias;
  }

  abstract float toFloat(short bits);

  abstract short fromFloat(float value);

  abstract short fromDouble(double value);

  @Test
  void everyPatternWidensExactly() {
    for (int bits = 0; bits <= 0xffff; bits++) {
      float got = toFloat((short) bits);
      if (isNaN(bits)) {
        assertThat(got).as("%04x", bits).isNaN();
      } else {
        assertThat((double) got).as("%04x", bits).isEqualTo(value(bits));
        assertThat(Float.floatToRawIntBits(got) < 0)
            .as("sign of %04x", bits)
            .isEqualTo(bits >= 0x8000);
      }
    }
  }

  @Test
  void everyPatternSurvivesTheRoundTrip() {
    for (int bits = 0; bits <= 0xffff; bits++) {
      short expected = isNaN(bits) ? 0x7fff : (short) bits;
      assertThat(fromFloat(toFloat((short) bits))).as("%04x", bits).isEqualTo(expected);
      assertThat(fromDouble(toFloat((short) bits))).as("%04x", bits).isEqualTo(expected);
    }
  }

  /** Between neighbours a tie goes to the even one, and the least bit of a float breaks it. */
  @Test
  void floatsBetweenNeighboursRoundToNearestEven() {
    for (int sign = 0; sign <= 0x8000; sign += 0x8000) {
      for (int low = 0; low < infinity(); low++) {
        int bits = sign | low;
        float tie = (float) middle(bits);
        // The narrowest gap's middle lies among float's own subnormals, but still is a float.
        assertThat((double) tie).isEqualTo(middle(bits));
        short even = (short) (bits + (bits & 1));
        assertThat(fromFloat(tie)).as("tie above %04x", bits).isEqualTo(even);
        assertThat(fromFloat(towardZero(tie))).as("below tie %04x", bits).isEqualTo((short) bits);
        assertThat(fromFloat(awayFromZero(tie)))
            .as("above tie %04x", bits)
            .isEqualTo((short) (bits + 1));
      }
    }
  }

  /** A double just off a tie would fall on it if it were rounded to float first. */
  @Test
  void doublesBetweenNeighboursRoundOnce() {
    for (int sign = 0; sign <= 0x8000; sign += 0x8000) {
      for (int low = 0; low < infinity(); low++) {
        int bits = sign | low;
        double tie = middle(bits);
        short even = (short) (bits + (bits & 1));
        assertThat(fromDouble(tie)).as("tie above %04x", bits).isEqualTo(even);
        double below = tie > 0 ? Math.nextDown(tie) : Math.nextUp(tie);
        double above = tie > 0 ? Math.nextUp(tie) : Math.nextDown(tie);
        assertThat(fromDouble(below)).as("below tie %04x", bits).isEqualTo((short) bits);
        assertThat(fromDouble(above)).as("above tie %04x", bits).isEqualTo((short) (bits + 1));
      }
    }
  }

  @Test
  void extremesGoToInfinityOrZeroWithTheirSign() {
    assertThat(fromDouble(Double.MAX_VALUE)).isEqualTo((short) infinity());
    assertThat(fromDouble(-Double.MAX_VALUE)).isEqualTo((short) (0x8000 | infinity()));
    assertThat(fromFloat(Float.MAX_VALUE)).isEqualTo((short) infinity());
    assertThat(fromDouble(Double.POSITIVE_INFINITY)).isEqualTo((short) infinity());
    assertThat(fromDouble(Double.MIN_VALUE)).isZero();
    assertThat(fromDouble(-Double.MIN_VALUE)).isEqualTo((short) 0x8000);
    assertThat(fromDouble(Double.NaN)).isEqualTo((short) 0x7fff);
    assertThat(fromFloat(Float.intBitsToFloat(0xffc12345))).isEqualTo((short) 0x7fff);
  }

  private boolean isNaN(int bits) {
    return (bits & 0x7fff) > infinity();
  }

  private int infinity() {
    return 0x7fff >> fractionBits << fractionBits;
  }

  private double value(int bits) {
    int exponent = (bits & 0x7fff) >> fractionBits;
    int fraction = bits & ((1 << fractionBits) - 1);
    double magnitude;
    if ((bits & 0x7fff) == infinity()) {
      magnitude = Double.POSITIVE_INFINITY;
    } else if (exponent == 0) {
      magnitude = Math.scalb((double) fraction, 1 - bias - fractionBits);
    } else {
      magnitude =
          Math.scalb((double) (fraction + (1 << fractionBits)), exponent - bias - fractionBits);
    }
    return bits >= 0x8000 ? -magnitude : magnitude;
  }

  /** Halfway from a pattern to the next larger magnitude; infinity counts as the next power. */
  private double middle(int bits) {
    double here = value(bits);
    int next = bits + 1;
    if ((next & 0x7fff) == infinity()) {
      return here + (here - value(bits - 1)) / 2;
    }
    return (here + value(next)) / 2;
  }

  private static float towardZero(float value) {
    return value > 0 ? Math.nextDown(value) : Math.nextUp(value);
  }

  private static float awayFromZero(float value) {
    return value > 0 ? Math.nextUp(value) : Math.nextDown(value);
  }
}
