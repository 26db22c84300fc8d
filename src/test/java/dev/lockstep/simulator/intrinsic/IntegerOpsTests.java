package dev.lockstep.simulator.intrinsic;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IntegerOpsTests {
  @ParameterizedTest
  @CsvSource({
    // amount, shl, shr.u, shr.s of 0x80000001; −1 is 4294967295
    "0, 80000001, 80000001, 80000001",
    "1, 2, 40000000, c0000000",
    "31, 80000000, 1, ffffffff",
    "32, 0, 0, ffffffff",
    "33, 0, 0, ffffffff",
    "-1, 0, 0, ffffffff",
    "64, 0, 0, ffffffff"
  })
  void shiftsOfWordsClamp(int amount, String left, String unsigned, String signed) {
    int a = 0x80000001;
    assertThat(Integer.toHexString(IntegerOps.shl(a, amount))).isEqualTo(left);
    assertThat(Integer.toHexString(IntegerOps.shrUnsigned(a, amount))).isEqualTo(unsigned);
    assertThat(Integer.toHexString(IntegerOps.shrSigned(a, amount))).isEqualTo(signed);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 8000000000000001, 8000000000000001, 8000000000000001",
    "63, 8000000000000000, 1, ffffffffffffffff",
    "64, 0, 0, ffffffffffffffff",
    "-1, 0, 0, ffffffffffffffff",
    "40, 10000000000, 800000, ffffffffff800000"
  })
  void shiftsOfDoubleWordsClamp(int amount, String left, String unsigned, String signed) {
    long a = 0x8000000000000001L;
    assertThat(Long.toHexString(IntegerOps.shl(a, amount))).isEqualTo(left);
    assertThat(Long.toHexString(IntegerOps.shrUnsigned(a, amount))).isEqualTo(unsigned);
    assertThat(Long.toHexString(IntegerOps.shrSigned(a, amount))).isEqualTo(signed);
  }

  @ParameterizedTest
  @CsvSource({
    // amount, l.clamp, l.wrap, r.clamp, r.wrap of b:a = 11223344:55667788
    "0, 11223344, 11223344, 55667788, 55667788", "8, 22334455, 22334455, 44556677, 44556677",
    "32, 55667788, 11223344, 11223344, 55667788", "40, 55667788, 22334455, 11223344, 44556677",
    "-1, 55667788, 2ab33bc4, 11223344, 22446688"
  })
  void funnelShifts(int amount, String lc, String lw, String rc, String rw) {
    int a = 0x55667788;
    int b = 0x11223344;
    assertThat(Integer.toHexString(IntegerOps.funnelLeft(a, b, amount, true))).isEqualTo(lc);
    assertThat(Integer.toHexString(IntegerOps.funnelLeft(a, b, amount, false))).isEqualTo(lw);
    assertThat(Integer.toHexString(IntegerOps.funnelRight(a, b, amount, true))).isEqualTo(rc);
    assertThat(Integer.toHexString(IntegerOps.funnelRight(a, b, amount, false))).isEqualTo(rw);
  }

  @Test
  void productsAgainstBigIntegers() {
    Random random = new Random(1);
    for (int i = 0; i < 3_000; i++) {
      long a = hard(random);
      long b = hard(random);
      assertThat(IntegerOps.mulHiSigned(a, b))
          .isEqualTo(signed(a).multiply(signed(b)).shiftRight(64).longValue());
      assertThat(IntegerOps.mulHiUnsigned(a, b))
          .isEqualTo(unsigned(a).multiply(unsigned(b)).shiftRight(64).longValue());
      int x = (int) a;
      int y = (int) b;
      assertThat(IntegerOps.mulHiSigned(x, y))
          .isEqualTo(signed(x).multiply(signed(y)).shiftRight(32).intValue());
      assertThat(IntegerOps.mulHiUnsigned(x, y))
          .isEqualTo(word(x).multiply(word(y)).shiftRight(32).intValue());
      BigInteger product24 = low24(x).multiply(low24(y));
      assertThat(IntegerOps.low24(IntegerOps.product24Unsigned(x, y)))
          .isEqualTo(product24.intValue());
      assertThat(IntegerOps.high24(IntegerOps.product24Unsigned(x, y)))
          .isEqualTo(product24.shiftRight(16).intValue());
      BigInteger signed24 = signed(x << 8 >> 8).multiply(signed(y << 8 >> 8));
      assertThat(IntegerOps.low24(IntegerOps.product24Signed(x, y))).isEqualTo(signed24.intValue());
      assertThat(IntegerOps.high24(IntegerOps.product24Signed(x, y)))
          .isEqualTo(signed24.shiftRight(16).intValue());
    }
  }

  @Test
  void saturationAndAbsoluteDifferences() {
    Random random = new Random(2);
    for (int i = 0; i < 3_000; i++) {
      int a = (int) hard(random);
      int b = (int) hard(random);
      int c = (int) hard(random);
      assertThat(IntegerOps.addSaturated(a, b)).isEqualTo(clamp(signed(a).add(signed(b))));
      assertThat(IntegerOps.subSaturated(a, b)).isEqualTo(clamp(signed(a).subtract(signed(b))));
      assertThat(IntegerOps.sadSigned(a, b, c))
          .isEqualTo(signed(a).subtract(signed(b)).abs().add(signed(c)).intValue());
      assertThat(IntegerOps.sadUnsigned(a, b, c))
          .isEqualTo(word(a).subtract(word(b)).abs().add(word(c)).intValue());
    }
  }

  @ParameterizedTest
  @CsvSource({
    // a, b, div.s, rem.s, div.u, rem.u
    "7, 2, 3, 1, 3, 1", "-7, 2, -3, -1, 2147483644, 1", "7, -2, -3, 1, 0, 7",
    "-2147483648, -1, -2147483648, 0, 0, -2147483648", "5, 0, -1, 5, -1, 5", "0, 0, -1, 0, -1, 0"
  })
  void divisionOfWords(int a, int b, int divS, int remS, int divU, int remU) {
    assertThat(IntegerOps.divSigned(a, b)).isEqualTo(divS);
    assertThat(IntegerOps.remSigned(a, b)).isEqualTo(remS);
    assertThat(IntegerOps.divUnsigned(a, b)).isEqualTo(divU);
    assertThat(IntegerOps.remUnsigned(a, b)).isEqualTo(remU);
  }

  @ParameterizedTest
  @CsvSource({
    "7, 2, 3, 1, 3, 1",
    "-7, 2, -3, -1, 9223372036854775804, 1",
    "-9223372036854775808, -1, -9223372036854775808, 0, 0, -9223372036854775808",
    "5, 0, -1, 5, -1, 5"
  })
  void divisionOfDoubleWords(long a, long b, long divS, long remS, long divU, long remU) {
    assertThat(IntegerOps.divSigned(a, b)).isEqualTo(divS);
    assertThat(IntegerOps.remSigned(a, b)).isEqualTo(remS);
    assertThat(IntegerOps.divUnsigned(a, b)).isEqualTo(divU);
    assertThat(IntegerOps.remUnsigned(a, b)).isEqualTo(remU);
  }

  private static long hard(Random random) {
    return (random.nextLong() >> random.nextInt(64)) << random.nextInt(32);
  }

  private static int clamp(BigInteger value) {
    return value
        .max(BigInteger.valueOf(Integer.MIN_VALUE))
        .min(BigInteger.valueOf(Integer.MAX_VALUE))
        .intValue();
  }

  private static BigInteger signed(long value) {
    return BigInteger.valueOf(value);
  }

  private static BigInteger unsigned(long value) {
    return new BigInteger(Long.toUnsignedString(value));
  }

  private static BigInteger word(int value) {
    return BigInteger.valueOf(Integer.toUnsignedLong(value));
  }

  private static BigInteger low24(int value) {
    return BigInteger.valueOf(value & 0xff_ffff);
  }
}
