package dev.lockstep.simulator.intrinsic;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class HalfFormatTests {
  @ParameterizedTest
  @EnumSource
  void sumsProductsAndFusedSumsAreRoundedOnce(HalfFormat format) {
    Random random = new Random(1);
    for (int i = 0; i < 2_000; i++) {
      int a = finite(format, random);
      int b = finite(format, random);
      int c = finite(format, random);
      BigDecimal x = exact(format, a);
      BigDecimal y = exact(format, b);
      expect(format, format.add(a, b), x.add(y));
      expect(format, format.mul(a, b), x.multiply(y));
      expect(format, format.fma(a, b, c), x.multiply(y).add(exact(format, c)));
      // A sum that all but cancels shows what rounding the product first would lose.
      int cancelling = format.neg(format.mul(a, b));
      if (Float.isFinite(format.toFloat(cancelling))) {
        BigDecimal sum = x.multiply(y).add(exact(format, cancelling));
        expect(format, format.fma(a, b, cancelling), sum);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void unaryOperationsOnEveryPattern(HalfFormat format) {
    for (int bits = 0; bits <= 0xffff; bits++) {
      float value = format.toFloat(bits);
      boolean nan = Float.isNaN(value);
      assertThat(format.isNaN(bits)).isEqualTo(nan);
      assertThat(format.neg(bits)).isEqualTo(bits ^ 0x8000);
      check(bits, format.abs(bits), nan ? 0x7fff : bits & 0x7fff);
      check(bits, format.relu(bits), nan ? 0x7fff : bits >= 0x8000 ? 0 : bits);
      check(bits, format.saturate(bits), nan || value <= 0 ? 0 : value > 1 ? one(format) : bits);
      boolean subnormal = Math.abs(value) < (format == HalfFormat.F16 ? 0x1p-14f : 0x1p-126f);
      check(bits, format.flush(bits), subnormal ? bits & 0x8000 : bits);
    }
  }

  @ParameterizedTest
  @CsvSource({
    // format, a, b, min, max, min.NaN, max.NaN
    "F16, 3c00, 4000, 3c00, 4000, 3c00, 4000", "F16, 0000, 8000, 8000, 0000, 8000, 0000",
    "F16, 7e00, bc00, bc00, bc00, 7fff, 7fff", "F16, fe01, 7c01, 7fff, 7fff, 7fff, 7fff",
    "BF16, 3f80, 4000, 3f80, 4000, 3f80, 4000", "BF16, 0000, 8000, 8000, 0000, 8000, 0000",
    "BF16, bf80, 7fc0, bf80, bf80, 7fff, 7fff", "BF16, 0001, 8001, 8001, 0001, 8001, 0001"
  })
  void minimumAndMaximum(
      HalfFormat format, String a, String b, String min, String max, String minNaN, String maxNaN) {
    int x = Integer.parseInt(a, 16);
    int y = Integer.parseInt(b, 16);
    assertThat(format.min(x, y)).isEqualTo(Integer.parseInt(min, 16));
    assertThat(format.max(x, y)).isEqualTo(Integer.parseInt(max, 16));
    assertThat(format.minNaN(x, y)).isEqualTo(Integer.parseInt(minNaN, 16));
    assertThat(format.maxNaN(x, y)).isEqualTo(Integer.parseInt(maxNaN, 16));
  }

  @ParameterizedTest
  @EnumSource
  void pairsComeApartAndTogether(HalfFormat format) {
    int pair = HalfPairs.pack(0x3c01, 0xffff_bf82);
    assertThat(pair).isEqualTo(0xbf82_3c01);
    assertThat(HalfFormat.lower(pair)).isEqualTo(0x3c01);
    assertThat(HalfFormat.upper(pair)).isEqualTo(0xbf82);
    boolean f16 = format == HalfFormat.F16;
    assertThat(f16 ? HalfPairs.lowerF16(pair) : HalfPairs.lowerBf16(pair))
        .isEqualTo(format.toFloat(0x3c01));
    assertThat(f16 ? HalfPairs.upperF16(pair) : HalfPairs.upperBf16(pair))
        .isEqualTo(format.toFloat(0xbf82));
  }

  private static void expect(HalfFormat format, int got, BigDecimal exact) {
    if (exact.signum() == 0) {
      assertThat(got & 0x7fff).isZero();
      return;
    }
    ExactRounding rounding = format == HalfFormat.F16 ? ExactRounding.F16 : ExactRounding.BF16;
    assertThat((double) format.toFloat(got)).isEqualTo(rounding.round(exact, Rounding.NEAREST));
  }

  private static void check(int bits, int got, int expected) {
    if (got != expected) {
      assertThat(got).as("%04x", bits).isEqualTo(expected);
    }
  }

  private static int one(HalfFormat format) {
    return format == HalfFormat.F16 ? 0x3c00 : 0x3f80;
  }

  private static int finite(HalfFormat format, Random random) {
    while (true) {
      int bits = random.nextInt(0x10000);
      if (Float.isFinite(format.toFloat(bits))) {
        return bits;
      }
    }
  }

  private static BigDecimal exact(HalfFormat format, int bits) {
    return new BigDecimal((double) format.toFloat(bits));
  }
}
