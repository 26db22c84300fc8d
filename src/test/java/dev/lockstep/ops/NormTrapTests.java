package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import dev.lockstep.device.Device;
import dev.lockstep.numeric.DType;
import dev.lockstep.numeric.Ulp;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where norms elsewhere went wrong: LayerNorm where the parameter is true, RMSNorm where not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class NormTrapTests {
  private static final List<DType> TYPES = OpTests.TYPES;

  /** Rows and columns, each pair for the path it takes; types take turns. */
  private static final int[][] SHAPES = {
    {1, 1},
    {3, 2},
    {2, 3},
    {71, 7},
    {5, 31},
    {4, 33}, // one by one, lanes without a column
    {199, 64},
    {3, 192},
    {70, 16}, // several rows to a warp, not all of them there
    {3, 127},
    {71, 229},
    {2, 541},
    {3, 769}, // odd: rows begin anywhere
    {5, 760},
    {9, 1128}, // a warp or two to a row, some lanes without a vector
    {3, 1600},
    {2, 3584},
    {5, 4096},
    {2, 5120}, // several warps, one barrier a sum
    {3, 8192}, // the widest row registers hold
    {2, 8196},
    {1, 12_288},
    {2, 16_384}, // beyond: every pass reads the row again
  };

  /** The same, at some expense. */
  private static final int[][] LARGE_SHAPES = {
    {1, 32_768},
    {3, 65_537},
    {1, 131_072},
    {1, 262_144}, // up to the widest promised
    {65_535, 8},
    {65_536, 8},
    {65_537, 3}, // more rows than a grid has in y
    {5000, 64},
    {2500, 1024}, // blocks that work on several rows, the last on fewer
  };

  private OpBench bench;
  private OpBench lonely;

  abstract Device open(int workers);

  @BeforeAll
  void openDevices() {
    bench = new OpBench(open(2));
    lonely = new OpBench(open(1));
  }

  @AfterAll
  void closeDevices() {
    bench.close();
    lonely.close();
  }

  private Map<String, GuardedMemory.Output> run(NormProblem problem) {
    return run(bench, problem, 0);
  }

  static Map<String, GuardedMemory.Output> run(OpBench ops, NormProblem problem, int shift) {
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, shift)) {
      problem.run(ops, memory);
      return memory.finish();
    }
  }

  private void check(NormProblem problem) {
    problem.check(run(problem.solve()));
  }

  static Stream<NormProblem> shapes() {
    return each(SHAPES);
  }

  static Stream<NormProblem> largeShapes() {
    return each(LARGE_SHAPES);
  }

  private static Stream<NormProblem> each(int[][] shapes) {
    return IntStream.range(0, 2 * shapes.length)
        .mapToObj(
            i -> {
              int[] shape = shapes[i / 2];
              return new NormProblem(i % 2 == 0, shape[0], shape[1], TYPES.get((i + i / 6) % 3));
            });
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void everyWidthTakesItsPathAndGivesTheNumbers(NormProblem problem) {
    check(problem);
  }

  @Tag("sweep")
  @ParameterizedTest
  @MethodSource("largeShapes")
  void soDoesEveryLargeShape(NormProblem problem) {
    check(problem);
  }

  static Stream<NormProblem> mixedTypes() {
    return IntStream.range(0, 36)
        .mapToObj(
            i -> {
              int turn = i / 2;
              return new NormProblem(i % 2 == 0, 5, turn % 2 == 0 ? 96 : 97, DType.F32)
                  .types(
                      TYPES.get(turn % 3),
                      TYPES.get((turn + turn / 3) % 3),
                      TYPES.get((2 * turn + turn / 3 + 1) % 3),
                      TYPES.get((turn + 2 * (turn / 3)) % 3),
                      TYPES.get((turn / 2) % 3));
            });
  }

  @ParameterizedTest
  @MethodSource("mixedTypes")
  void xResidualSumOutputAndWeightMayEachBeOfTheirOwnType(NormProblem problem) {
    check(problem);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aWideResidualStreamOfFloatsKeepsItsPrecision(boolean layer) {
    check(
        new NormProblem(layer, 2, 4096, DType.BF16)
            .types(DType.BF16, DType.F32, DType.F32, DType.BF16, DType.F32));
  }

  static byte[] bytes(Map<String, GuardedMemory.Output> outputs, String name) {
    return OpTests.output(outputs, name).bytes();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void bitsAreTheSameInEveryRunAndOnAnyNumberOfWorkers(boolean layer) {
    for (int[] shape : new int[][] {{70, 64}, {9, 1024}, {5, 2048}, {3, 129}}) {
      NormProblem problem = new NormProblem(layer, shape[0], shape[1], DType.BF16).solve();
      Map<String, GuardedMemory.Output> first = run(problem);
      for (OpBench ops : List.of(bench, lonely, bench)) {
        run(ops, problem, 0)
            .forEach((name, output) -> assertThat(output.bytes()).isEqualTo(bytes(first, name)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRowHasTheSameBitsAloneAndInBatchesOfAnyGrid(boolean layer) {
    for (int cols : new int[] {8, 24, 65, 520, 1032}) {
      NormProblem one = new NormProblem(layer, 1, cols, DType.BF16).solve();
      Map<String, GuardedMemory.Output> alone = run(one);
      for (int rows : new int[] {3, cols < 100 ? 1100 : 300}) {
        NormProblem many = new NormProblem(layer, rows, cols, DType.BF16);
        for (double[] values : new double[][] {many.x, many.addend, many.dY, many.dSum}) {
          double[] row = Arrays.copyOf(values, cols);
          Arrays.setAll(values, i -> row[i % cols]);
        }
        Map<String, GuardedMemory.Output> batch = run(many.solve());
        for (String name : List.of("sum", "y", "dX", "rstd")) {
          byte[] expected = bytes(alone, name);
          byte[] all = bytes(batch, name);
          for (int at = 0; at < all.length; at += expected.length) {
            assertThat(Arrays.copyOfRange(all, at, at + expected.length)).isEqualTo(expected);
          }
        }
      }
    }
  }

  /** E[x²] − E[x]² has no digit left here, and a mean rounded to fp32 shifts every x̂. */
  @ParameterizedTest
  @ValueSource(ints = {513, 4096, 8192, 9000})
  void aMeanFarLargerThanTheSpreadCostsNothing(int cols) {
    NormProblem problem = new NormProblem(true, 3, cols, DType.F32).plain();
    problem.x = Arrays.stream(problem.x).map(v -> 1000 + v).toArray();
    Map<String, GuardedMemory.Output> outputs = run(problem.solve());
    // Rows that are not in registers are not summed before their share of dWeight is: there the
    // rounding of the mean to fp32 shows.
    problem.weightCondition = cols % 4 != 0 || cols > 8192 ? problem.condition : 0;
    problem.condition = 5; // as if the mean were not there
    problem.check(outputs);
  }

  @ParameterizedTest
  @ValueSource(strings = {"F16", "BF16"})
  void itCostsNothingForShortNumbersEither(String type) {
    DType dtype = DType.valueOf(type);
    // All columns but one are equal and small after normalisation; 4000 makes their mean inexact.
    NormProblem alike = new NormProblem(true, 1, 4000, dtype).plain();
    Arrays.setAll(alike.x, i -> 1000 + (i == 7 ? Ulp.spacing(dtype, 1000) : 0));
    Arrays.fill(alike.weight, 1);
    Arrays.fill(alike.bias, 0);
    double[] got = OpTests.output(run(alike.solve()), "y").values();
    for (int i = 0; i < got.length; i++) {
      assertThat(got[i]).isCloseTo(dtype.round(alike.y[i]), offset(Ulp.spacing(dtype, alike.y[i])));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRowOfZerosIsItsBias(boolean layer) {
    for (int cols : new int[] {64, 65, 2048}) {
      for (DType dtype : TYPES) {
        NormProblem problem = new NormProblem(layer, 3, cols, dtype).plain();
        Arrays.fill(problem.x, 0);
        check(problem);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aConstantRowHasNoSpread(boolean layer) {
    for (double value : new double[] {1, 1000.1, -65_504, 3e-5}) {
      for (int cols : new int[] {2048, 2049}) {
        NormProblem problem = new NormProblem(layer, 2, cols, DType.F32).plain();
        Arrays.fill(problem.x, value);
        problem.eps = 1e-12;
        Map<String, GuardedMemory.Output> outputs = run(problem.solve());
        // LayerNorm's y is its bias, but for what a sum of equal numbers may be off by.
        double off = layer ? 0x1p-23 * Math.abs(value) / Math.sqrt(problem.eps) : 0x1p-20;
        NormProblem.compare(
            outputs, "y", problem.y, off * Samples.largest(problem.weight) + 0x1p-20);
        for (double v : OpTests.output(outputs, "dX").values()) {
          assertThat(v).isFinite();
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theLargestHalvesAreSquaredInFloats(boolean layer) {
    for (int cols : new int[] {64, 67, 4096}) {
      NormProblem problem = new NormProblem(layer, 2, cols, DType.F16).plain();
      Arrays.setAll(problem.x, i -> i % 3 == 0 ? 65_504 : -65_504);
      check(problem);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void numbersWhoseSquaresExceedFloatsAreNormalised(boolean layer) {
    for (double size : new double[] {1e30, 1e-30, 1e19}) {
      for (DType dtype : List.of(DType.F32, DType.BF16)) {
        for (int cols : new int[] {24, 27, 1024, 2048}) {
          NormProblem problem = new NormProblem(layer, 5, cols, dtype).plain();
          // Of five rows one is of ordinary size, for the sake of warps with several rows.
          Arrays.setAll(problem.x, i -> i / cols == 2 ? problem.x[i] : problem.x[i] * size);
          Map<String, GuardedMemory.Output> outputs = run(problem.solve());
          NormProblem.compare(
              outputs,
              "y",
              problem.y,
              2 * dtype.unitRoundoff() * Samples.largest(problem.y) + 1e-5);
          double[] got = OpTests.output(outputs, "rstd").values();
          for (int row = 0; row < 5; row++) {
            assertThat(got[row] / problem.rstd[row]).isCloseTo(1, offset(1e-5));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void infinityAndNaNStayInTheirRow(boolean layer) {
    for (int cols : new int[] {24, 65, 1024, 1128}) {
      for (double poison : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
        NormProblem clean = new NormProblem(layer, 7, cols, DType.BF16).plain().solve();
        Map<String, GuardedMemory.Output> expected = run(clean);
        NormProblem sick = new NormProblem(layer, 7, cols, DType.BF16).plain();
        sick.x[3 * cols + cols / 2] = poison;
        Map<String, GuardedMemory.Output> got = run(sick.solve());
        for (String name : List.of("y", "dX")) {
          for (int row = 0; row < 7; row++) {
            int bytes = bytes(expected, name).length / 7;
            byte[] want = Arrays.copyOfRange(bytes(expected, name), row * bytes, (row + 1) * bytes);
            byte[] have = Arrays.copyOfRange(bytes(got, name), row * bytes, (row + 1) * bytes);
            assertThat(Arrays.equals(have, want)).as("%s row %d", name, row).isEqualTo(row != 3);
          }
        }
        double[] y = OpTests.output(got, "y").values();
        assertThat(y[3 * cols + cols / 2]).isNaN();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aWeightMayBeStoredAsItsDistanceFromOne(boolean layer) {
    for (int cols : new int[] {64, 65, 2048}) {
      NormProblem problem = new NormProblem(layer, 5, cols, DType.BF16);
      problem.unitOffset = true;
      check(problem);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void gradientsAreOverwrittenWhereThatIsAskedFor(boolean layer) {
    for (int cols : new int[] {64, 65}) {
      NormProblem problem = new NormProblem(layer, 5, cols, DType.BF16);
      problem.accumulate = false;
      check(problem);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void noWeightIsAWeightOfOne(boolean layer) {
    for (int cols : new int[] {64, 65, 2048}) {
      NormProblem problem = new NormProblem(layer, 5, cols, DType.F16);
      problem.weighted = false;
      check(problem);
    }
  }

  /** Statistics in the type of x would be off by 2^-9. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void statisticsAreFloatsWhateverTheRowsAre(boolean layer) {
    NormProblem problem = new NormProblem(layer, 3, 4096, DType.BF16).plain().solve();
    double[] got = OpTests.output(run(problem), "rstd").values();
    for (int row = 0; row < 3; row++) {
      assertThat(Math.abs(got[row] / problem.rstd[row] - 1)).isLessThan(0x1p-21);
    }
  }
}
