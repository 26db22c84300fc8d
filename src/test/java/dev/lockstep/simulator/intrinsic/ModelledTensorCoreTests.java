package dev.lockstep.simulator.intrinsic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.MatrixMode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The published model of tensor cores against the same model in exact arithmetic. */
class ModelledTensorCoreTests {
  private static final MatrixShape ONE_ROW = new MatrixShape(1, 1, 1, 16);

  private final Random random = new Random(11);

  @ParameterizedTest
  @CsvSource({
    "SM_80, BF16, F32, F32, 16",
    "SM_90, BF16, F32, F32, 16",
    "SM_80, F16, F32, F32, 16",
    "SM_90, F16, F32, F32, 8",
    "SM_80, F16, F16, F16, 16",
    "SM_90, F16, F16, F16, 16",
    "SM_80, F16, F16, F32, 4",
    "SM_80, TF32, F32, F32, 8",
    "SM_90, TF32, F32, F32, 8",
    "SM_90, E4M3, F32, F32, 32",
    "SM_90, E5M2, F16, F16, 32"
  })
  void agreesWithExactArithmetic(
      MatrixMode mode, MatrixElement factor, MatrixElement c, MatrixElement d, int k) {
    ModelledTensorCore core = new ModelledTensorCore(mode, factor, factor, c, d);
    MatrixShape shape = new MatrixShape(1, 1, 1, k);
    for (int round = 0; round < 20_000; round++) {
      int spread = random.nextInt(4);
      float[] a = draw(factor, k, spread);
      float[] b = draw(factor, k, spread);
      float[] sum = {draw(c, 1, spread)[0]};
      if (round % 5 == 0) {
        // What cancels leaves the bits that were cut.
        for (int l = 0; l + 1 < k; l += 2) {
          a[l + 1] = -a[l];
          b[l + 1] = random.nextInt(8) == 0 ? draw(factor, 1, spread)[0] : b[l];
        }
      }
      float expected = model(mode, factor, c, d, a, b, sum[0]);
      core.multiply(shape, a, b, sum);
      assertThat(Float.floatToRawIntBits(sum[0]))
          .as("%s %s round %d", mode, factor, round)
          .isEqualTo(Float.floatToRawIntBits(expected));
    }
  }

  /** 1 + 2⁻²⁴ + 2⁻²⁵: on sm_80 what is below 24 places is lost, on sm_90 below 25. */
  @Test
  void generationsKeepDifferentNumbersOfBits() {
    float[] a = new float[16];
    float[] b = new float[16];
    a[0] = 1;
    b[0] = 1;
    for (int l = 1; l < 5; l++) {
      a[l] = 0x1p-25f;
      b[l] = 1;
    }
    // Four times 2⁻²⁵ is 2⁻²³, one unit in the last place of 1.
    assertThat(run(MatrixMode.SM_80, a, b, 0)).isEqualTo(1);
    assertThat(run(MatrixMode.SM_90, a, b, 0)).isEqualTo(1 + 0x1p-23f);
  }

  /** The ninth product meets the rounded sum of the first eight on sm_80, all others on sm_90. */
  @Test
  void ampereAddsInTwoGroups() {
    float[] a = new float[16];
    float[] b = new float[16];
    a[0] = 0x1p30f;
    b[0] = 1;
    a[1] = 3;
    b[1] = 1;
    a[8] = -0x1p30f;
    b[8] = 1;
    assertThat(run(MatrixMode.SM_80, a, b, 0)).isEqualTo(0);
    assertThat(run(MatrixMode.SM_90, a, b, 0)).isEqualTo(0);
    a[1] = 0x1p6f + 0x1p5f;
    // 2³⁰ + 96 does not fit 24 bits: rounded toward zero to 2³⁰; in fixed point 96 stays.
    assertThat(run(MatrixMode.SM_80, a, b, 0)).isEqualTo(0);
    assertThat(run(MatrixMode.SM_90, a, b, 0)).isEqualTo(96);
  }

  @Test
  void infinitiesAndNaNsArePassedOn() {
    float infinity = Float.POSITIVE_INFINITY;
    assertThat(special(infinity, 1, 0)).isEqualTo(0x7f800000);
    assertThat(special(infinity, -1, 0)).isEqualTo(0xff800000);
    assertThat(special(infinity, 0, 0)).isEqualTo(0x7fffffff);
    assertThat(special(infinity, 1, -infinity)).isEqualTo(0x7fffffff);
    assertThat(special(1, 1, -infinity)).isEqualTo(0xff800000);
    assertThat(special(Float.intBitsToFloat(0xffc00001), 1, 0)).isEqualTo(0x7fffffff);
    assertThat(special(-0f, 1, -0f)).isEqualTo(0);
    // Beyond the largest float, though rounding goes toward zero.
    assertThat(special(Float.MAX_VALUE, 2, 0)).isEqualTo(0x7f800000);
  }

  private static int special(float a, float b, float c) {
    float[] as = new float[16];
    float[] bs = new float[16];
    as[3] = a;
    bs[3] = b;
    return Float.floatToRawIntBits(run(MatrixMode.SM_80, as, bs, c));
  }

  private static float run(MatrixMode mode, float[] a, float[] b, float c) {
    float[] sum = {c};
    new ModelledTensorCore(
            mode, MatrixElement.BF16, MatrixElement.BF16, MatrixElement.F32, MatrixElement.F32)
        .multiply(ONE_ROW, a, b, sum);
    return sum[0];
  }

  /** Values of a type: near each other, far apart, or any bits at all. */
  private float[] draw(MatrixElement type, int count, int spread) {
    float[] values = new float[count];
    int mask = (int) ((1L << type.bits()) - 1);
    for (int i = 0; i < count; i++) {
      int bits = random.nextInt() & mask;
      float value = type.toFloat(bits);
      boolean wild = spread == 0 && random.nextInt(3) == 0 || random.nextInt(200) == 0;
      if (!wild) {
        // The drawn fraction, with an exponent from a window as wide as the spread says.
        int exponent = random.nextInt(2 + 12 * spread) - 6 * spread;
        float near = Math.scalb(1f + random.nextInt(128) / 128f, exponent);
        near = random.nextBoolean() ? near : -near;
        value = random.nextInt(12) == 0 ? 0 : rounded(type, near);
      }
      values[i] = value;
    }
    return values;
  }

  private static float rounded(MatrixElement type, float value) {
    return switch (type) {
      case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
      case E5M2 -> type.toFloat(Float.floatToFloat16(value) >> 8);
      case E4M3 -> {
        float exponent = Math.clamp(Math.getExponent(value), -6, 7);
        yield Math.copySign(
            (1 + (Float.floatToRawIntBits(value) >> 20 & 7) / 8f) * Math.scalb(1f, (int) exponent),
            value);
      }
      default -> value;
    };
  }

  // ---- the model, in whole numbers

  private static float model(
      MatrixMode mode,
      MatrixElement factor,
      MatrixElement typeOfC,
      MatrixElement d,
      float[] a,
      float[] b,
      float c) {
    int places = mode == MatrixMode.SM_80 ? 24 : 25;
    int bytes = mode == MatrixMode.SM_80 ? 16 : 32;
    int group = Math.min(a.length, bytes * 8 / factor.bits());
    float sum = c;
    MatrixElement type = typeOfC;
    for (int from = 0; from < a.length; from += group) {
      sum = step(places, factor, type, d, a, b, from, group, sum);
      type = d;
    }
    return sum;
  }

  private static float step(
      int places,
      MatrixElement factor,
      MatrixElement typeOfC,
      MatrixElement d,
      float[] a,
      float[] b,
      int from,
      int group,
      float c) {
    boolean nan = Float.isNaN(c);
    boolean plus = c == Float.POSITIVE_INFINITY;
    boolean minus = c == Float.NEGATIVE_INFINITY;
    Integer largest = c == 0 || !Float.isFinite(c) ? null : exponent(c, lowest(typeOfC));
    for (int l = from; l < from + group; l++) {
      float product = a[l] * b[l];
      boolean infinite = Float.isInfinite(a[l]) || Float.isInfinite(b[l]);
      nan |= Float.isNaN(a[l]) || Float.isNaN(b[l]) || infinite && Float.isNaN(product);
      plus |= infinite && product > 0;
      minus |= infinite && product < 0;
      if (Float.isFinite(a[l]) && Float.isFinite(b[l]) && a[l] != 0 && b[l] != 0) {
        int e = exponent(a[l], lowest(factor)) + exponent(b[l], lowest(factor));
        largest = largest == null ? Integer.valueOf(e) : Integer.valueOf(Math.max(largest, e));
      }
    }
    if (nan || plus && minus) {
      return Float.intBitsToFloat(0x7fffffff);
    }
    if (plus || minus) {
      return plus ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY;
    }
    if (largest == null) {
      return 0;
    }
    BigDecimal unit = power(largest - places);
    BigInteger total = new BigDecimal(c).divideToIntegralValue(unit).toBigInteger();
    for (int l = from; l < from + group; l++) {
      BigDecimal product = new BigDecimal(a[l]).multiply(new BigDecimal(b[l]));
      total = total.add(product.divideToIntegralValue(unit).toBigInteger());
    }
    BigDecimal exact = new BigDecimal(total).multiply(unit);
    return d == MatrixElement.F16
        ? round(exact, 11, -24, 0x1p16, RoundingMode.HALF_EVEN)
        : round(exact, 24, -149, 0x1p128, RoundingMode.DOWN);
  }

  /** To so many bits of precision, not below the unit of subnormals; infinite from a limit on. */
  private static float round(
      BigDecimal exact, int precision, int lowestUnit, double limit, RoundingMode mode) {
    if (exact.signum() == 0) {
      return 0;
    }
    int exponent = Math.getExponent(exact.abs().doubleValue());
    if (power(exponent).compareTo(exact.abs()) > 0) {
      exponent--;
    }
    BigDecimal unit = power(Math.max(exponent - precision + 1, lowestUnit));
    BigDecimal rounded = exact.divide(unit).setScale(0, mode).multiply(unit);
    if (rounded.abs().compareTo(new BigDecimal(limit)) >= 0) {
      return exact.signum() > 0 ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY;
    }
    float value = rounded.floatValue();
    // A result that vanishes keeps its sign.
    return value == 0 && exact.signum() < 0 ? -0f : value;
  }

  private static BigDecimal power(int exponent) {
    return exponent >= 0
        ? new BigDecimal(BigInteger.TWO.pow(exponent))
        : BigDecimal.ONE.divide(new BigDecimal(BigInteger.TWO.pow(-exponent)));
  }

  private static int exponent(float value, int lowest) {
    return Math.max(lowest, Math.getExponent((double) value));
  }

  /** Exponents of the smallest normal numbers, from the formats' definitions. */
  private static int lowest(MatrixElement type) {
    return switch (type) {
      case F16, E5M2 -> -14;
      case E4M3 -> -6;
      default -> -126;
    };
  }
}
