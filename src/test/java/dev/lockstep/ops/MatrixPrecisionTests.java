package dev.lockstep.ops;

import static dev.lockstep.check.Tolerances.ACTIVATED_PRODUCT;
import static dev.lockstep.check.Tolerances.ACTIVATED_PRODUCT_GRADIENT;
import static dev.lockstep.numeric.DType.F32;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Matrix products of f32 tensors on tensor cores, of real numbers. The expected numbers are exact
 * sums of products of the factors TF32 leaves; errors may be twice those of a plain fp32 sum.
 */
abstract class MatrixPrecisionTests extends OpTests {
  /**
   * Rows, width of the result, depth, in pairs that reach each path: the smallest; less than, and
   * one beyond, a vector, a fragment, a stage and a tile; depths that end within a vector and
   * within a stage, and that turn the ring of stages.
   */
  private static final int[][] SHAPES = {
    {1, 1, 1},
    {2, 7, 16},
    {7, 2, 31},
    {16, 65, 7},
    {31, 16, 127},
    {64, 64, 64},
    {65, 129, 200},
    {127, 31, 65},
    {129, 127, 2},
    {2, 200, 257},
    {200, 4, 129}
  };

  /** Rows, outputs, inputs of a layer with an activation: a ragged tile of results in each pass. */
  private static final int[] RAGGED = {37, 68, 40};

  private static final int[] RAGGED_BACK = {37, 40, 68};

  /** Rows, units, depth of a gated layer: the smallest, ragged and whole tiles, a long sum. */
  private static final int[][] GATED = {{1, 1, 1}, {64, 64, 64}, {65, 129, 200}, {7, 31, 257}};

  /** The same in tiles of 128 × 64: cut both ways, and whole. */
  private static final int[][] LARGE_GATED = {{129, 516, 260}, {128, 512, 256}};

  /** For tiles of 128 × 128: rings that turn, and one that, of rows without alignment, does not. */
  private static final int[][] LARGE = {{129, 516, 260}, {3, 513, 257}, {128, 512, 256}};

  /** Infinities; NaN as such, and with the bits to which half an ulp added would leave a zero. */
  private static final double[] SPECIAL = {
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.NaN,
    Float.intBitsToFloat(0x7fffffff),
    Float.intBitsToFloat(0xffffffff)
  };

  private static final float SLOPE = 0.25f;

  @Override
  Stream<OpCase> cases() {
    List<OpCase> cases = new ArrayList<>();
    for (MatrixPrecision precision :
        new MatrixPrecision[] {MatrixPrecision.TF32, MatrixPrecision.TF32X3}) {
      for (int[] shape : SHAPES) {
        cases.add(forward(precision, shape));
        cases.add(backwardInput(precision, shape));
        cases.add(backwardWeight(precision, shape));
      }
      for (Activation activation : Activation.values()) {
        cases.add(epilogue(precision, RAGGED, activation));
        cases.add(backwardActivation(precision, RAGGED_BACK, activation));
      }
      cases.add(backwardInputOfTwo(precision));
      for (int[] shape : GATED) {
        cases.add(gated(precision, shape));
      }
    }
    cases.add(ties());
    for (double special : SPECIAL) {
      cases.add(special(special));
    }
    for (int[] shape : LARGE) {
      cases.add(forward(MatrixPrecision.TF32, shape));
      cases.add(backwardInput(MatrixPrecision.TF32, shape));
    }
    for (int[] shape : LARGE_GATED) {
      cases.add(gated(MatrixPrecision.TF32, shape));
    }
    cases.add(backwardWeight(MatrixPrecision.TF32, new int[] {516, 520, 260}));
    return cases.stream();
  }

  @Override
  Stream<RowCase> rowCases() {
    return Stream.of(
        rows(MatrixPrecision.TF32, 67, 65),
        rows(MatrixPrecision.TF32, 130, 520),
        rows(MatrixPrecision.TF32X3, 130, 64));
  }

  static OpCase forward(MatrixPrecision precision, int[] shape) {
    int m = shape[0];
    int n = shape[1];
    int k = shape[2];
    double[] x = Samples.normal(1, (long) m * k, F32);
    double[] weight = Samples.normal(2, (long) n * k, F32);
    Product product = Product.of(precision, m, n, k, x, k, 1, weight, 1, k);
    return product.expect(
        new OpCase(
            name("forward", precision, shape),
            (ops, memory) ->
                ops.linear(precision)
                    .forward(
                        ops.stream,
                        memory.output("out", F32, m, n),
                        null,
                        memory.input(F32, x, m, k),
                        memory.input(F32, weight, n, k),
                        null,
                        null,
                        Activation.NONE)),
        "out");
  }

  static OpCase backwardInput(MatrixPrecision precision, int[] shape) {
    int m = shape[0];
    int k = shape[1];
    int n = shape[2];
    double[] dY = Samples.normal(1, (long) m * n, F32);
    double[] weight = Samples.normal(2, (long) n * k, F32);
    Product product = Product.of(precision, m, k, n, dY, n, 1, weight, k, 1);
    return product.expect(
        new OpCase(
            name("input gradient", precision, shape),
            (ops, memory) ->
                ops.linear(precision)
                    .backwardInput(
                        ops.stream,
                        memory.output("dX", F32, m, k),
                        memory.input(F32, dY, m, n),
                        memory.input(F32, weight, n, k))),
        "dX");
  }

  static OpCase backwardWeight(MatrixPrecision precision, int[] shape) {
    int n = shape[0];
    int k = shape[1];
    int m = shape[2];
    double[] dY = Samples.normal(1, (long) m * n, F32);
    double[] x = Samples.normal(2, (long) m * k, F32);
    double[] before = new double[n * k];
    Product product = Product.of(precision, n, k, m, dY, 1, n, x, k, 1);
    return product.expect(
        new OpCase(
            name("weight gradient", precision, shape),
            (ops, memory) ->
                ops.linear(precision)
                    .backwardWeight(
                        ops.stream,
                        memory.updated("dWeight", F32, before, n, k),
                        memory.input(F32, dY, m, n),
                        memory.input(F32, x, m, k))),
        "dWeight");
  }

  /** Numbers in the middle of two of TF32, and next to it, times 1. */
  private static OpCase ties() {
    double[] x = {
      1 + 0x1p-11,
      -1 - 0x1p-11,
      1 + 3 * 0x1p-11,
      1 + 0x1p-11 - 0x1p-23,
      0x1p-126 + 0x1p-137,
      0x1p-149
    };
    double[] out = {1 + 0x1p-10, -1 - 0x1p-10, 1 + 0x1p-9, 1, 0x1p-126 + 0x1p-136, 0};
    return new OpCase(
            "ties",
            (ops, memory) ->
                ops.linear(MatrixPrecision.TF32)
                    .forward(
                        ops.stream,
                        memory.output("out", F32, x.length, 1),
                        null,
                        memory.input(F32, x, x.length, 1),
                        memory.input(F32, new double[] {1}, 1, 1),
                        null,
                        null,
                        Activation.NONE))
        .exactly("out", out);
  }

  /** A number that is not finite, among ones: its row is what it is, the others are finite. */
  private static OpCase special(double special) {
    int m = 3;
    int n = 9;
    int k = 20;
    double[] x = new double[m * k];
    double[] weight = new double[n * k];
    Arrays.fill(x, 1);
    Arrays.fill(weight, 1);
    x[k + 7] = special;
    double[] out = new double[m * n];
    Arrays.setAll(out, i -> i / n == 1 ? special : k);
    return new OpCase(
            "%s (%x)".formatted(special, Float.floatToRawIntBits((float) special)),
            (ops, memory) ->
                ops.linear(MatrixPrecision.TF32)
                    .forward(
                        ops.stream,
                        memory.output("out", F32, m, n),
                        null,
                        memory.input(F32, x, m, k),
                        memory.input(F32, weight, n, k),
                        null,
                        null,
                        Activation.NONE))
        .exactly("out", out);
  }

  /** Bias, activation and residual behind the product. */
  static OpCase epilogue(MatrixPrecision precision, int[] shape, Activation activation) {
    int m = shape[0];
    int n = shape[1];
    int k = shape[2];
    double[] x = Samples.normal(1, (long) m * k, F32);
    double[] weight = Samples.normal(2, (long) n * k, F32);
    double[] bias = Samples.normal(3, n, F32);
    double[] residual = Samples.normal(4, (long) m * n, F32);
    Product product = Product.of(precision, m, n, k, x, k, 1, weight, 1, k);
    double[] z = Naive.plusRow(product.exact(), bias);
    double[] out = Naive.plus(ActivationReference.values(activation, z, SLOPE), residual);
    double tolerance = ACTIVATED_PRODUCT.of(F32, k, Samples.largest(out), product.largestTerm());
    return new OpCase(
            name("bias, %s, residual".formatted(activation.label()), precision, shape),
            (ops, memory) ->
                ops.linear(precision)
                    .forward(
                        ops.stream,
                        memory.output("out", F32, m, n),
                        memory.output("pre", F32, m, n),
                        memory.input(F32, x, m, k),
                        memory.input(F32, weight, n, k),
                        memory.input(F32, bias, n),
                        memory.input(F32, residual, m, n),
                        activation,
                        SLOPE))
        .within(tolerance + product.missing(), "pre", z)
        .within(tolerance + 2 * product.missing(), "out", out);
  }

  static OpCase backwardActivation(MatrixPrecision precision, int[] shape, Activation activation) {
    int m = shape[0];
    int n = shape[1];
    int k = shape[2];
    double[] dY = Samples.normal(1, (long) m * n, F32);
    double[] weight = Samples.normal(2, (long) n * k, F32);
    double[] below = Samples.normal(3, (long) m * k, F32);
    Product product = Product.of(precision, m, k, n, dY, n, 1, weight, k, 1);
    double[] slopes = ActivationReference.derivatives(activation, below, SLOPE);
    double[] dX = Naive.times(product.exact(), slopes);
    double tolerance =
        ACTIVATED_PRODUCT_GRADIENT.of(F32, n, Samples.largest(dX), product.largestTerm());
    return new OpCase(
            name("input gradient before " + activation.label(), precision, shape),
            (ops, memory) ->
                ops.linear(precision)
                    .backwardInput(
                        ops.stream,
                        memory.output("dX", F32, m, k),
                        memory.input(F32, dY, m, n),
                        memory.input(F32, weight, n, k),
                        memory.input(F32, below, m, k),
                        activation,
                        SLOPE,
                        null))
        .within(tolerance + 2 * product.missing(), "dX", dX);
  }

  private static OpCase backwardInputOfTwo(MatrixPrecision precision) {
    int m = 70;
    int n = 33;
    int k = 65;
    double[] dY = Samples.normal(1, (long) m * n, F32);
    double[] weight = Samples.normal(2, (long) n * k, F32);
    double[] dY2 = Samples.normal(3, (long) m * n, F32);
    double[] weight2 = Samples.normal(4, (long) n * k, F32);
    Product one = Product.of(precision, m, k, n, dY, n, 1, weight, k, 1);
    Product two = Product.of(precision, m, k, n, dY2, n, 1, weight2, k, 1);
    double[] dX = Naive.plus(one.exact(), two.exact());
    double tolerance =
        ACTIVATED_PRODUCT.of(F32, 2L * n, Samples.largest(dX), one.largestTerm())
            + one.missing()
            + two.missing();
    return new OpCase(
            "input gradient of two layers " + precision,
            (ops, memory) ->
                ops.linear(precision)
                    .backwardInput(
                        ops.stream,
                        memory.output("dX", F32, m, k),
                        memory.input(F32, dY, m, n),
                        memory.input(F32, weight, n, k),
                        memory.input(F32, dY2, m, n),
                        memory.input(F32, weight2, n, k)))
        .within(tolerance, "dX", dX);
  }

  private static OpCase gated(MatrixPrecision precision, int[] shape) {
    int m = shape[0];
    int h = shape[1];
    int k = shape[2];
    double[] x = Samples.normal(1, (long) m * k, F32);
    double[] wGate = Samples.normal(2, (long) h * k, F32);
    double[] wUp = Samples.normal(3, (long) h * k, F32);
    double[] bGate = Samples.normal(4, h, F32);
    double[] bUp = Samples.normal(5, h, F32);
    Product products = Product.of(precision, m, h, k, x, k, 1, wGate, 1, k);
    Product ups = Product.of(precision, m, h, k, x, k, 1, wUp, 1, k);
    double[] gate = Naive.plusRow(products.exact(), bGate);
    double[] up = Naive.plusRow(ups.exact(), bUp);
    double[] activated = ActivationReference.values(Activation.SILU, gate, 0);
    double[] out = Naive.times(activated, up);
    double terms = Math.max(products.largestTerm(), ups.largestTerm());
    double largest = Math.max(Samples.largest(gate), Samples.largest(up));
    double missing = Math.max(products.missing(), ups.missing());
    double one = ACTIVATED_PRODUCT.of(F32, k, largest, terms) + missing;
    return new OpCase(
            name("gated", precision, shape),
            (ops, memory) ->
                ops.swiGlu(precision)
                    .forward(
                        ops.stream,
                        memory.output("h", F32, m, h),
                        memory.output("gate", F32, m, h),
                        memory.output("up", F32, m, h),
                        memory.input(F32, x, m, k),
                        memory.input(F32, wGate, h, k),
                        memory.input(F32, wUp, h, k),
                        memory.input(F32, bGate, h),
                        memory.input(F32, bUp, h),
                        Activation.SILU))
        .within(one, "gate", gate)
        .within(one, "up", up)
        // Silu's slope is at most 1.1.
        .within(1.1 * one * (Samples.largest(up) + Samples.largest(activated)), "h", out);
  }

  private static RowCase rows(MatrixPrecision precision, int m, int width) {
    double[] x = Samples.normal(1, (long) m * width, F32);
    double[] weight = Samples.normal(2, (long) width * width, F32);
    return new RowCase(
        "%s, rows of %d".formatted(precision, width),
        m,
        (ops, memory, from, count) -> {
          var some = memory.input(F32, Samples.rows(x, from, count, width), count, width);
          var w = memory.input(F32, weight, width, width);
          var out = memory.output("out", F32, count, width);
          FusedLinear linear = ops.linear(precision);
          linear.forward(ops.stream, out, null, some, w, null, null, Activation.GELU_TANH);
          linear.backwardInput(ops.stream, memory.output("dX", F32, count, width), some, w);
        });
  }

  private static String name(String what, MatrixPrecision precision, int[] shape) {
    return "%s %s, %s".formatted(what, precision, Arrays.toString(shape));
  }

  /**
   * A product as it should be.
   *
   * @param exact sums of products of the factors multiplied, in double precision
   * @param plainError the largest error of such sums in fp32, one product after the other
   * @param largestTerm the largest product
   * @param missing what three products of rounded factors may miss
   */
  private record Product(double[] exact, double plainError, double largestTerm, double missing) {
    /**
     * @param stepA from row to row of the left factor
     * @param depthA along the sum
     * @param depthB along the sum of the right factor
     * @param stepB from column to column of the result
     */
    static Product of(
        MatrixPrecision precision,
        int rows,
        int columns,
        int depth,
        double[] a,
        int stepA,
        int depthA,
        double[] b,
        int depthB,
        int stepB) {
      boolean rounded = precision == MatrixPrecision.TF32;
      double[] left = rounded ? Samples.tf32(a) : a;
      double[] right = rounded ? Samples.tf32(b) : b;
      double[] exact = new double[rows * columns];
      double error = 0;
      double terms = 0;
      for (int i = 0; i < exact.length; i++) {
        int atA = i / columns * stepA;
        int atB = i % columns * stepB;
        double sum = 0;
        double magnitudes = 0;
        float plain = 0;
        for (int k = 0; k < depth; k++) {
          double x = left[atA + k * depthA];
          double y = right[atB + k * depthB];
          sum += x * y;
          magnitudes += Math.abs(x * y);
          plain = Math.fma((float) x, (float) y, plain);
        }
        exact[i] = sum;
        error = Math.max(error, Math.abs(plain - sum));
        terms = Math.max(terms, magnitudes);
      }
      double missing = precision == MatrixPrecision.TF32X3 ? 3 * 0x1p-22 * terms : 0;
      return new Product(exact, error, Samples.largest(left) * Samples.largest(right), missing);
    }

    OpCase expect(OpCase op, String output) {
      return op.within(2 * plainError + missing, output, exact);
    }
  }
}
