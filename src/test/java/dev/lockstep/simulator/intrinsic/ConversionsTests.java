package dev.lockstep.simulator.intrinsic;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ConversionsTests {
  @ParameterizedTest
  @EnumSource
  void doublesRoundToFloatsInEveryDirection(Rounding rounding) {
    Random random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      double value = hardForFloat(random);
      if (value != 0) {
        assertThat(Conversions.toFloat(value, rounding))
            .as("%a", value)
            .isEqualTo(ExactRounding.F32.roundToFloat(new BigDecimal(value), rounding));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void doublesRoundToHalvesInEveryDirection(Rounding rounding) {
    Random random = new Random(2);
    for (int i = 0; i < 2_000; i++) {
      double value = hardForHalf(random);
      if (value != 0) {
        BigDecimal exact = new BigDecimal(value);
        assertThat((double) HalfFormat.F16.toFloat(Conversions.toF16(value, rounding)))
            .as("%a to f16", value)
            .isEqualTo(ExactRounding.F16.round(exact, rounding));
        assertThat((double) HalfFormat.BF16.toFloat(Conversions.toBf16(value, rounding)))
            .as("%a to bf16", value)
            .isEqualTo(ExactRounding.BF16.round(exact, rounding));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0x1p-160, NEAREST, 0x0", "0x1p-160, UP, 0x1", "-0x1p-160, NEAREST, 0x80000000",
    "-0x1p-160, DOWN, 0x80000001", "-0x1p-160, UP, 0x80000000", "1e300, NEAREST, 0x7f800000",
    "1e300, ZERO, 0x7f7fffff", "1e300, DOWN, 0x7f7fffff", "-1e300, UP, 0xff7fffff",
    "-1e300, DOWN, 0xff800000", "Infinity, ZERO, 0x7f800000", "NaN, DOWN, 0x7fffffff",
    "-0.0, UP, 0x80000000"
  })
  void limitsOfFloat(double value, Rounding rounding, String bits) {
    assertThat(Float.floatToRawIntBits(Conversions.toFloat(value, rounding)))
        .isEqualTo(Integer.parseUnsignedInt(bits.substring(2), 16));
  }

  @ParameterizedTest
  @CsvSource({
    "70000, NEAREST, 7c00, 4789", "70000, ZERO, 7bff, 4788", "-70000, UP, fbff, c788",
    "1e39, ZERO, 7bff, 7f7f", "-0.0, DOWN, 8000, 8000", "NaN, ZERO, 7fff, 7fff",
    "Infinity, ZERO, 7c00, 7f80", "1e-45, UP, 0001, 0001", "-1e-45, DOWN, 8001, 8001",
    "65519, NEAREST, 7bff, 4780"
  })
  void limitsOfHalves(double value, Rounding rounding, String f16, String bf16) {
    assertThat(Conversions.toF16(value, rounding)).isEqualTo(Integer.parseInt(f16, 16));
    assertThat(Conversions.toBf16(value, rounding)).isEqualTo(Integer.parseInt(bf16, 16));
  }

  @Test
  void theFirstSourceOfAPackGoesToTheUpperHalf() {
    assertThat(Conversions.toBf16x2(1f, -2f)).isEqualTo(0x3f80_c000);
    assertThat(Conversions.toF16x2(1f, -2f)).isEqualTo(0x3c00_c000);
    assertThat(Conversions.toBf16x2(-2f, Float.NaN)).isEqualTo(0xc000_7fff);
  }

  @ParameterizedTest
  @EnumSource
  void integersRoundOnceToEveryFormat(Rounding rounding) {
    Random random = new Random(3);
    for (int i = 0; i < 2_000; i++) {
      long value = hardInteger(random);
      for (boolean signed : new boolean[] {true, false}) {
        BigDecimal exact = new BigDecimal(signed ? BigInteger.valueOf(value) : unsigned(value));
        String what = (signed ? "s64 " : "u64 ") + exact;
        assertThat(Conversions.toFloat(value, signed, rounding))
            .as(what)
            .isEqualTo(ExactRounding.F32.roundToFloat(exact, rounding));
        assertThat(Conversions.toDouble(value, signed, rounding))
            .as(what)
            .isEqualTo(ExactRounding.F64.round(exact, rounding));
        assertThat((double) HalfFormat.F16.toFloat(Conversions.toF16(value, signed, rounding)))
            .as(what)
            .isEqualTo(ExactRounding.F16.round(exact, rounding));
        assertThat((double) HalfFormat.BF16.toFloat(Conversions.toBf16(value, signed, rounding)))
            .as(what)
            .isEqualTo(ExactRounding.BF16.round(exact, rounding));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0x3f800000, 0x3f800000", "0x3f801000, 0x3f802000", "0x3f800fff, 0x3f800000",
    "0xbf801000, 0xbf802000", "0x7f800000, 0x7f800000", "0xffc00000, 0x7fffe000",
    "0x7f7fffff, 0x7f800000", "0x00001000, 0x00002000"
  })
  void tf32RoundsTiesAwayFromZero(String value, String expected) {
    float input = Float.intBitsToFloat(Integer.parseUnsignedInt(value.substring(2), 16));
    assertThat(Tf32.TIES_AWAY.round(input, false, false))
        .isEqualTo(Integer.parseUnsignedInt(expected.substring(2), 16));
  }

  /** Random floats with a few more bits behind them: on, just off and far from ties. */
  private static double hardForFloat(Random random) {
    double base;
    do {
      base = Float.intBitsToFloat(random.nextInt());
    } while (!Double.isFinite(base));
    double step = Math.ulp((float) base) / 2;
    return nudge(base + random.nextInt(3) * step, random);
  }

  private static double hardForHalf(Random random) {
    HalfFormat format = random.nextBoolean() ? HalfFormat.F16 : HalfFormat.BF16;
    float low;
    float high;
    do {
      int bits = random.nextInt(0x10000);
      low = format.toFloat(bits);
      high = format.toFloat(bits + 1);
    } while (!Float.isFinite(low) || !Float.isFinite(high));
    return nudge(random.nextBoolean() ? low : ((double) low + high) / 2, random);
  }

  private static double nudge(double value, Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> value;
      case 1 -> Math.nextUp(value);
      default -> Math.nextDown(value);
    };
  }

  /** Few significant bits anywhere in the word, plus or minus a little. */
  private static long hardInteger(Random random) {
    long head = random.nextLong() >>> random.nextInt(64);
    long value = head << random.nextInt(64);
    return value + random.nextInt(5) - 2;
  }

  private static BigInteger unsigned(long value) {
    return new BigInteger(Long.toUnsignedString(value));
  }
}
