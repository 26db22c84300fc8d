package dev.lockstep.ops;

import static dev.lockstep.check.Tolerances.ACTIVATION;
import static dev.lockstep.check.Tolerances.ACTIVATION_GRADIENT;
import static dev.lockstep.check.Tolerances.ROW_SUM;
import static dev.lockstep.check.Tolerances.TENSOR_PRODUCT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Device;
import dev.lockstep.device.MatrixMode;
import dev.lockstep.numeric.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * How exact matrix products of real numbers are, forward and backward, with every epilogue. Sums
 * that are chains of multiply-adds err at most twice as much as plain fp32 code whose result is
 * rounded once; those of tensor cores that truncate stay within {@link
 * dev.lockstep.check.Tolerances#TENSOR_PRODUCT}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class GemmTests {
  /**
   * Rows, outputs, inputs, each of which is the depth of a sum in one pass: the smallest; single
   * rows and columns beside long sums; 16-byte vectors in one operand and not in another; one short
   * of, exactly and one past a tile, a stage and a ring of stages; tiles cut in one direction, in
   * the other and in both.
   */
  private static final int[][] SHAPES = {
    {1, 1, 1},
    {1, 1000, 7},
    {1000, 1, 16},
    {2, 16, 31},
    {7, 31, 257},
    {16, 129, 2},
    {31, 65, 64},
    {64, 64, 1000},
    {65, 127, 127},
    {127, 200, 65},
    {129, 7, 200},
    {200, 257, 16},
    {257, 2, 129},
  };

  /** For large tiles: whole ones, ones cut at 8 elements, and ones without any alignment. */
  private static final int[][] LARGE = {{128, 256, 160}, {129, 200, 168}, {65, 257, 127}};

  /** Depths at which truncated sums are looked at: their errors grow with it. */
  private static final int[][] DEEP = {{16, 16, 64}, {16, 64, 1000}, {7, 16, 4096}, {4096, 16, 8}};

  static final int[] EXTENTS = {1, 2, 7, 16, 31, 64, 65, 127, 129, 200, 257, 1000};

  private static final float SLOPE = 0.2f;

  private final Map<MatrixMode, OpBench> benches = new EnumMap<>(MatrixMode.class);

  /** Opens the device under test. */
  abstract Device open(MatrixMode mode);

  @AfterAll
  void close() {
    benches.values().forEach(OpBench::close);
  }

  static Stream<GemmCase> shapes() {
    List<GemmCase> cases = new ArrayList<>();
    for (DType dtype : OpTests.TYPES) {
      for (int[] shape : SHAPES) {
        cases.add(of(dtype, null, shape, cases.size(), 0));
      }
      for (Activation activation : Activation.values()) {
        cases.add(new GemmCase(dtype, null, 15, 16, 33, activation, 0));
      }
      cases.add(of(dtype, null, new int[] {65, 64, 64}, 2, 1));
      if (dtype != DType.F32) {
        for (GemmTile tile : List.of(GemmTile.LARGE, GemmTile.WIDE)) {
          for (int[] shape : dtype == DType.BF16 ? LARGE : new int[][] {LARGE[1]}) {
            cases.add(of(dtype, tile, shape, cases.size(), 0));
          }
          cases.add(of(dtype, tile, LARGE[2], 3, 1));
        }
      }
    }
    return cases.stream();
  }

  /** Every pair of extents in every two places, a short third beside them. */
  static Stream<GemmCase> everyPair() {
    List<GemmCase> cases = new ArrayList<>();
    for (DType dtype : OpTests.TYPES) {
      for (int one : EXTENTS) {
        for (int other : EXTENTS) {
          int third = EXTENTS[cases.size() % 7];
          for (int[] shape :
              new int[][] {{one, other, third}, {one, third, other}, {third, one, other}}) {
            cases.add(of(dtype, null, shape, cases.size(), cases.size() % 5 == 0 ? 1 : 0));
          }
        }
      }
    }
    return cases.stream();
  }

  static Stream<GemmCase> deep() {
    return Stream.concat(
        Arrays.stream(DEEP).map(shape -> of(DType.BF16, null, shape, 0, 0)),
        Stream.of(
            of(DType.F16, null, DEEP[1], 0, 0),
            of(DType.F16, GemmTile.WIDE, new int[] {16, 16, 1000}, 0, 0)));
  }

  private static GemmCase of(
      DType dtype, @Nullable GemmTile tile, int[] shape, int turn, int shift) {
    Activation activation = Activation.values()[turn % Activation.values().length];
    return new GemmCase(dtype, tile, shape[0], shape[1], shape[2], activation, shift);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void errorsAreAtMostTwiceThoseOfPlainSums(GemmCase one) {
    check(one, MatrixMode.FAST);
  }

  @Tag("sweep")
  @ParameterizedTest
  @MethodSource("everyPair")
  void errorsAreAtMostTwiceThoseOfPlainSumsForEveryPairOfExtents(GemmCase one) {
    check(one, MatrixMode.FAST);
  }

  @ParameterizedTest
  @MethodSource("deep")
  void errorsOfTruncatedSumsGrowWithTheirLength(GemmCase one) {
    check(one, MatrixMode.SM_80);
    check(one, MatrixMode.SM_90);
  }

  private void check(GemmCase one, MatrixMode mode) {
    OpBench ops = benches.computeIfAbsent(mode, it -> new OpBench(open(it)));
    GemmCheck check = new GemmCheck(one, mode);
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, one.shift())) {
      check.run(ops, memory);
      check.compare(memory.finish());
    }
  }

  /** A shape's operands, and what comes of them. */
  private static final class GemmCheck {
    private final GemmCase one;
    private final MatrixMode mode;
    private final DType dtype;
    private final int m;
    private final int n;
    private final int k;
    private final double[] x;
    private final double[] weight;
    private final double[] bias;
    private final double[] residual;
    private final double[] dY;
    private final double[] below;
    private final double[] before;

    GemmCheck(GemmCase one, MatrixMode mode) {
      this.one = one;
      this.mode = mode;
      dtype = one.dtype();
      m = one.m();
      n = one.n();
      k = one.k();
      x = Samples.normal(1, (long) m * k, dtype);
      weight = Samples.normal(2, (long) n * k, dtype);
      bias = Samples.normal(3, n, dtype);
      residual = Samples.normal(4, (long) m * n, dtype);
      dY = Samples.normal(5, (long) m * n, dtype);
      below = Samples.normal(6, (long) m * k, dtype);
      before = Samples.normal(7, (long) n * k, DType.F32);
    }

    void run(OpBench ops, GuardedMemory memory) {
      FusedLinear linear = ops.linearIn(one.tile());
      var stream = ops.stream;
      var inX = memory.input(dtype, x, m, k);
      var inWeight = memory.input(dtype, weight, n, k);
      var inBias = memory.input(dtype, bias, n);
      var inResidual = memory.input(dtype, residual, m, n);
      var inY = memory.input(dtype, dY, m, n);
      var inBelow = memory.input(dtype, below, m, k);
      var product = memory.output("product", dtype, m, n);
      linear.forward(stream, product, null, inX, inWeight, null, null, Activation.NONE);
      var pre = memory.output("pre", dtype, m, n);
      var out = memory.output("out", dtype, m, n);
      linear.forward(stream, out, pre, inX, inWeight, inBias, null, one.activation(), SLOPE);
      var added = memory.output("added", dtype, m, n);
      linear.forward(
          stream, added, null, inX, inWeight, inBias, inResidual, one.activation(), SLOPE);
      linear.backwardInput(stream, memory.output("dX", dtype, m, k), inY, inWeight);
      var dBelow = memory.output("dBelow", dtype, m, k);
      linear.backwardInput(stream, dBelow, inY, inWeight, inBelow, one.activation(), SLOPE, null);
      linear.backwardWeight(stream, memory.updated("dWeight", DType.F32, before, n, k), inY, inX);
      linear.backwardBias(stream, memory.updated("dBias", DType.F32, new double[n], n), inY);
    }

    void compare(Map<String, GuardedMemory.Output> outputs) {
      PlainProduct z =
          PlainProduct.of(x, (r, i) -> r * k + i, weight, (c, i) -> c * k + i, m, n, k);
      close(outputs, "product", dtype, z.exact(), rounded(z.plain()), k, 0);
      PlainProduct biased = z.plus(bias);
      double[] pre = rounded(biased.plain());
      close(outputs, "pre", dtype, biased.exact(), pre, k, 0);
      // Activations see the z that was stored; its rounding is no error of theirs.
      double[] stored = values(outputs, "pre");
      double[] active = ActivationReference.values(one.activation(), stored, SLOPE);
      double most = ACTIVATION.of(DType.F32, 1, Samples.largest(active), Samples.largest(active));
      close(outputs, "out", dtype, active, rounded(active), 0, most);
      double[] sum = Naive.plus(active, residual);
      double more = most + DType.F32.unitRoundoff() * Samples.largest(sum);
      close(outputs, "added", dtype, sum, rounded(sum), 0, more);

      PlainProduct gradient =
          PlainProduct.of(dY, (r, i) -> r * n + i, weight, (c, i) -> i * k + c, m, k, n);
      close(outputs, "dX", dtype, gradient.exact(), rounded(gradient.plain()), n, 0);
      double[] slopes = ActivationReference.derivatives(one.activation(), below, SLOPE);
      double[] dX = values(outputs, "dX");
      double[] dBelow = Naive.times(dX, slopes);
      double largest = Math.max(Samples.largest(dBelow), 1.2 * Samples.largest(dX));
      most = ACTIVATION_GRADIENT.of(DType.F32, 1, largest, largest);
      close(outputs, "dBelow", dtype, dBelow, rounded(dBelow), 0, most);

      PlainProduct weights =
          PlainProduct.of(dY, (r, i) -> i * n + r, x, (c, i) -> i * k + c, n, k, m).plus(before);
      close(outputs, "dWeight", DType.F32, weights.exact(), weights.plain(), m, 0);
      // Added up in another order than a chain, which may be the luckier one.
      double[] biases = Naive.columnSums(dY, m, n);
      double sums = ROW_SUM.of(DType.F32, m, Samples.largest(biases), Samples.largest(dY));
      close(outputs, "dBias", DType.F32, biases, biases, 0, sums);
    }

    private double[] rounded(double[] values) {
      return Samples.rounded(dtype, values);
    }

    private static double[] values(Map<String, GuardedMemory.Output> outputs, String name) {
      return Objects.requireNonNull(outputs.get(name), name).values();
    }

    /**
     * @param depth of the sum a tensor core made of it; 0 where it made none
     * @param more error that may come in addition
     */
    private void close(
        Map<String, GuardedMemory.Output> outputs,
        String name,
        DType stored,
        double[] exact,
        double[] plain,
        int depth,
        double more) {
      double allowed = 2 * off(plain, exact) + more;
      if (mode != MatrixMode.FAST && depth > 0) {
        double scale = Samples.largest(exact);
        double terms = Samples.largest(weight) * Samples.largest(x);
        allowed = TENSOR_PRODUCT.of(stored, depth, scale, Math.max(scale, terms));
      }
      assertThat(off(values(outputs, name), exact)).as(name).isLessThanOrEqualTo(allowed);
    }

    private static double off(double[] got, double[] exact) {
      double most = 0;
      for (int i = 0; i < exact.length; i++) {
        double error = Math.abs(got[i] - exact[i]);
        most = Double.isNaN(error) ? Double.NaN : Math.max(most, error);
      }
      return most;
    }
  }
}
