package dev.lockstep.simulator.intrinsic;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IntegerConversionsTests {
  private static final double[] LANDMARKS = {
    0,
    0.5,
    1.5,
    2.5,
    0.49999999999999994,
    126.5,
    127.5,
    128,
    254.5,
    255.5,
    256,
    32767.5,
    65535.5,
    2147483647.5,
    2147483648.0,
    4294967295.5,
    4294967296.0,
    0x1p53,
    0x1p62,
    0x1p63,
    0x1p64,
    1e300,
    Double.POSITIVE_INFINITY,
    Double.MIN_VALUE
  };

  @ParameterizedTest
  @ValueSource(ints = {8, 16, 32, 64})
  void floatsRoundThenClamp(int bits) {
    Random random = new Random(bits);
    for (int i = 0; i < 3_000; i++) {
      double value = LANDMARKS[random.nextInt(LANDMARKS.length)];
      value = random.nextInt(3) == 0 ? value * random.nextDouble() : value;
      value = random.nextBoolean() ? value : -value;
      for (Rounding rounding : Rounding.values()) {
        for (boolean signed : new boolean[] {true, false}) {
          assertThat(IntegerConversions.toInteger(value, rounding, bits, signed, 77))
              .as("%s %s to %s%d", value, rounding, signed ? "s" : "u", bits)
              .isEqualTo(clamp(integral(value, rounding), bits, signed).longValue());
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1.5, NEAREST, 2, 2",
    "2.5, NEAREST, 2, 2",
    "-0.5, NEAREST, 0, 0",
    "-1.5, DOWN, -2, 0",
    "1.5, UP, 2, 2",
    "-1.5, ZERO, -1, 0",
    "3e9, ZERO, 2147483647, 3000000000",
    "-3e9, ZERO, -2147483648, 0",
    "1e20, ZERO, 2147483647, 4294967295",
    "NaN, ZERO, 0, 0",
    "Infinity, NEAREST, 2147483647, 4294967295",
    "-Infinity, UP, -2147483648, 0"
  })
  void singlesToWords(float value, Rounding rounding, int signed, long unsigned) {
    assertThat(IntegerConversions.toS32(value, rounding)).isEqualTo(signed);
    assertThat(IntegerConversions.toU32(value, rounding)).isEqualTo((int) unsigned);
  }

  @ParameterizedTest
  @CsvSource({
    "false, 8, true, 0",
    "false, 32, true, 0",
    "false, 32, false, 0",
    "false, 64, true, -9223372036854775808",
    "false, 64, false, -9223372036854775808",
    "true, 32, true, -2147483648",
    "true, 32, false, 2147483648",
    "true, 64, true, -9223372036854775808",
    "true, 16, true, -32768",
    "true, 16, false, 32768"
  })
  void nanGivesZeroOrTheHighestBit(boolean fromF64, int bits, boolean signed, long expected) {
    long nan = IntegerConversions.nanResult(fromF64, bits, signed);
    assertThat(nan).isEqualTo(expected);
    assertThat(IntegerConversions.toInteger(Double.NaN, Rounding.ZERO, bits, signed, nan))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 16, 32, 64})
  void integersKeepTheirLowBitsOrSaturate(int bits) {
    Random random = new Random(bits);
    for (int i = 0; i < 3_000; i++) {
      long value = (random.nextLong() >> random.nextInt(64)) + random.nextInt(3);
      for (boolean signed : new boolean[] {true, false}) {
        BigInteger modulus = BigInteger.ONE.shiftLeft(bits);
        BigInteger low = BigInteger.valueOf(value).mod(modulus);
        if (signed && low.testBit(bits - 1)) {
          low = low.subtract(modulus);
        }
        assertThat(IntegerConversions.extend(value, bits, signed)).isEqualTo(low.longValue());
        for (boolean fromSigned : new boolean[] {true, false}) {
          BigInteger read =
              fromSigned ? BigInteger.valueOf(value) : new BigInteger(Long.toUnsignedString(value));
          assertThat(IntegerConversions.saturate(value, fromSigned, bits, signed))
              .as("%d read as %s to %s%d", value, read, signed ? "s" : "u", bits)
              .isEqualTo(clamp(read, bits, signed).longValue());
        }
      }
    }
  }

  private static BigInteger integral(double value, Rounding rounding) {
    if (Double.isInfinite(value)) {
      BigInteger huge = BigInteger.ONE.shiftLeft(100);
      return value > 0 ? huge : huge.negate();
    }
    RoundingMode mode =
        switch (rounding) {
          case NEAREST -> RoundingMode.HALF_EVEN;
          case ZERO -> RoundingMode.DOWN;
          case DOWN -> RoundingMode.FLOOR;
          case UP -> RoundingMode.CEILING;
        };
    return new BigDecimal(value).setScale(0, mode).toBigInteger();
  }

  private static BigInteger clamp(BigInteger value, int bits, boolean signed) {
    BigInteger high = BigInteger.ONE.shiftLeft(signed ? bits - 1 : bits).subtract(BigInteger.ONE);
    BigInteger low = signed ? high.not() : BigInteger.ZERO;
    return value.max(low).min(high);
  }
}
