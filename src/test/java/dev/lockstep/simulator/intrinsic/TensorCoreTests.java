package dev.lockstep.simulator.intrinsic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.lockstep.numeric.DType;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TensorCoreTests {
  private static final int[] ADVERSARIAL_BF16 = {
    0x0000, 0x8000, 0x3f80, 0xbf80, 0x0001, 0x8001, 0x007f, 0x0080, 0x7f7f, 0xff7f, 0x7f80, 0xff80,
    0x7fc0, 0xffff, 0x7f81, 0x5f80, 0x2000, 0x3f81, 0x4b80, 0xcb80
  };
  private static final int[] ADVERSARIAL_F16 = {
    0x0000, 0x8000, 0x3c00, 0xbc00, 0x0001, 0x8001, 0x03ff, 0x0400, 0x7bff, 0xfbff, 0x7c00, 0xfc00,
    0x7e00, 0xffff, 0x7c01, 0x3c01, 0x6400, 0xe400, 0x1400, 0x8400
  };
  private static final float[] ADVERSARIAL_F32 = {
    0f,
    -0f,
    1f,
    Float.MIN_VALUE,
    -Float.MAX_VALUE,
    Float.MAX_VALUE,
    0x1p24f,
    0x1p-126f,
    Float.POSITIVE_INFINITY,
    Float.NaN,
    0x1.000002p0f,
    -0x1p-149f
  };

  @ParameterizedTest
  @CsvSource({"BF16, 16", "BF16, 8", "F16, 16", "F16, 8"})
  void followsTheStatedChainForRandomOperands(DType type, int k) {
    Random random = new Random(1);
    for (int round = 0; round < 100; round++) {
      MmaCase mma = MmaCase.random(type, k, random, TensorCoreTests::gaussianBits);
      assertThat(mma.run(new PlainTensorCore())).isEqualTo(mma.chain());
    }
  }

  @ParameterizedTest
  @CsvSource({"BF16, 16", "BF16, 8", "F16, 16", "F16, 8"})
  void followsTheStatedChainForAdversarialOperands(DType type, int k) {
    Random random = new Random(2);
    for (int round = 0; round < 150; round++) {
      MmaCase mma = MmaCase.random(type, k, random, TensorCoreTests::adversarialBits);
      mma.fillC(() -> ADVERSARIAL_F32[random.nextInt(ADVERSARIAL_F32.length)]);
      assertThat(mma.run(new PlainTensorCore())).isEqualTo(mma.chain());
    }
  }

  @ParameterizedTest
  @CsvSource({"BF16, 16", "BF16, 8", "F16, 16", "F16, 8"})
  void vectorsGiveTheBitsOfPlainLoops(DType type, int k) {
    assumeThat(hasVectors()).isTrue();
    Random random = new Random(3);
    for (int round = 0; round < 150; round++) {
      MmaCase.BitSource bits =
          round % 2 == 0 ? TensorCoreTests::gaussianBits : TensorCoreTests::adversarialBits;
      MmaCase mma = MmaCase.random(type, k, random, bits);
      if (round % 3 == 0) {
        mma.fillC(() -> ADVERSARIAL_F32[random.nextInt(ADVERSARIAL_F32.length)]);
      }
      assertThat(mma.run(new VectorTensorCore())).isEqualTo(mma.run(new PlainTensorCore()));
    }
  }

  @ParameterizedTest
  @CsvSource({"BF16", "F16"})
  void unpackedTilesGiveTheSameBits(DType type) {
    List<TileMultiplier> implementations =
        hasVectors()
            ? List.of(new PlainTileMultiplier(), new VectorTileMultiplier())
            : List.of(new PlainTileMultiplier());
    Random random = new Random(7);
    for (TileMultiplier tiles : implementations) {
      for (int round = 0; round < 150; round++) {
        MmaCase.BitSource bits =
            round % 2 == 0 ? TensorCoreTests::gaussianBits : TensorCoreTests::adversarialBits;
        MmaCase mma = MmaCase.random(type, 16, random, bits);
        mma.fillC(() -> ADVERSARIAL_F32[random.nextInt(ADVERSARIAL_F32.length)]);
        assertThat(mma.run(tiles, round % 3 == 0)).isEqualTo(mma.chain());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"BF16, 16", "BF16, 8", "F16, 16", "F16, 8"})
  void staysWithinTheStatedErrorBound(DType type, int k) {
    Random random = new Random(4);
    double u = 0x1p-24;
    double gamma = k * u / (1 - k * u);
    double worst = 0;
    for (int round = 0; round < 100; round++) {
      MmaCase mma = MmaCase.random(type, k, random, TensorCoreTests::gaussianBits);
      mma.fillC(() -> (float) random.nextGaussian());
      int[] d = mma.run(TensorCore.best());
      for (int i = 0; i < 16; i++) {
        for (int j = 0; j < 8; j++) {
          double exact = mma.c[i][j];
          double magnitude = Math.abs(exact);
          for (int l = 0; l < k; l++) {
            exact += (double) mma.a[i][l] * mma.b[l][j];
            magnitude += Math.abs((double) mma.a[i][l] * mma.b[l][j]);
          }
          double error = Math.abs(Float.intBitsToFloat(d[i * 8 + j]) - exact);
          worst = Math.max(worst, error / (gamma * magnitude));
        }
      }
    }
    assertThat(worst).isPositive().isLessThan(1);
  }

  /** One column of A times one row of B, all elements different: a wrong map cannot hide. */
  @ParameterizedTest
  @CsvSource({"BF16, 16", "BF16, 8", "F16, 16", "F16, 8"})
  void eachColumnOfAMeetsItsRowOfB(DType type, int k) {
    for (TensorCore core : implementations()) {
      for (int l = 0; l < k; l++) {
        MmaCase mma = new MmaCase(type, k);
        mma.fillB((row, column) -> 1 + row * 8 + column);
        int[] expected = new int[128];
        for (int i = 0; i < 16; i++) {
          mma.a[i][l] = 1 + i;
          for (int j = 0; j < 8; j++) {
            expected[i * 8 + j] = Float.floatToRawIntBits((1 + i) * (1 + l * 8 + j));
          }
        }
        assertThat(mma.run(core)).isEqualTo(expected);
      }
    }
  }

  @Test
  void registersHoldTheElementsThePtxManualSays() {
    // Lane 13 is g = 3, t = 1.
    assertThat(MmaCase.elementOfA(0, 13, 0)).containsExactly(3, 2);
    assertThat(MmaCase.elementOfA(1, 13, 1)).containsExactly(11, 3);
    assertThat(MmaCase.elementOfA(2, 13, 0)).containsExactly(3, 10);
    assertThat(MmaCase.elementOfA(3, 13, 1)).containsExactly(11, 11);
    assertThat(MmaCase.elementOfB(0, 13, 1)).containsExactly(3, 3);
    assertThat(MmaCase.elementOfB(1, 13, 0)).containsExactly(10, 3);
    assertThat(MmaCase.elementOfC(0, 13)).containsExactly(3, 2);
    assertThat(MmaCase.elementOfC(3, 13)).containsExactly(11, 3);
  }

  @ParameterizedTest
  @CsvSource({"BF16", "F16"})
  void dMayAliasCInAnyOrder(DType type) {
    for (TensorCore core : implementations()) {
      MmaCase mma = MmaCase.random(type, 16, new Random(5), TensorCoreTests::gaussianBits);
      Random random = new Random(6);
      mma.fillC(() -> (float) random.nextGaussian());
      int[] expected = mma.run(core);
      assertThat(mma.runInPlace(core, 0, 1, 2, 3)).isEqualTo(expected);
      assertThat(mma.runInPlace(core, 3, 2, 1, 0)).isEqualTo(expected);
      assertThat(mma.runInPlace(core, 1, 0, 3, 2)).isEqualTo(expected);
    }
  }

  @Test
  void nanIsCanonical() {
    for (TensorCore core : implementations()) {
      MmaCase mma = new MmaCase(DType.BF16, 16);
      mma.c[2][3] = Float.intBitsToFloat(0xffc01234);
      assertThat(mma.run(core)[2 * 8 + 3]).isEqualTo(0x7fffffff);
    }
  }

  @Test
  void refusesOtherInputTypes() {
    for (TensorCore core : implementations()) {
      assertThatThrownBy(() -> new MmaCase(DType.F32, 16).run(core))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("F32");
    }
  }

  @Test
  void theBestIsVectorsWhereTheModuleIsThereAndFast() {
    boolean vectors = hasVectors() && VectorTensorCore.isFast();
    assertThat(TensorCore.best())
        .isInstanceOf(vectors ? VectorTensorCore.class : PlainTensorCore.class);
  }

  private static List<TensorCore> implementations() {
    return hasVectors()
        ? List.of(new PlainTensorCore(), new VectorTensorCore())
        : List.of(new PlainTensorCore());
  }

  private static boolean hasVectors() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  private static int gaussianBits(DType type, Random random) {
    double value = random.nextGaussian();
    return type == DType.BF16
        ? Conversions.toBf16(value, Rounding.NEAREST)
        : Conversions.toF16(value, Rounding.NEAREST);
  }

  private static int adversarialBits(DType type, Random random) {
    int[] table = type == DType.BF16 ? ADVERSARIAL_BF16 : ADVERSARIAL_F16;
    // Any pattern at all now and then; mostly the hard ones, and mostly the finite hard ones, since
    // one NaN blots out a row.
    return switch (random.nextInt(40)) {
      case 0 -> random.nextInt(0x10000);
      case 1 -> table[random.nextInt(table.length)];
      default -> table[random.nextInt(10)];
    };
  }
}
