package dev.lockstep.ops;

import static dev.lockstep.check.Tolerances.ACTIVATED_PRODUCT;
import static dev.lockstep.check.Tolerances.ACTIVATED_PRODUCT_GRADIENT;
import static dev.lockstep.numeric.DType.F32;

import java.util.Arrays;

/** Calls of matrix ops of f32 tensors in a precision, and what they must give. */
record PrecisionCases(MatrixPrecision precision) {
  private static final float SLOPE = 0.25f;

  OpCase forward(int[] shape) {
    int m = shape[0];
    int n = shape[1];
    int k = shape[2];
    double[] x = Samples.normal(1, (long) m * k, F32);
    double[] weight = Samples.normal(2, (long) n * k, F32);
    ExactProduct product = ExactProduct.of(precision, m, n, k, x, k, 1, weight, 1, k);
    return product.expect(
        new OpCase(
            name("forward", shape),
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

  OpCase backwardInput(int[] shape) {
    int m = shape[0];
    int k = shape[1];
    int n = shape[2];
    double[] dY = Samples.normal(1, (long) m * n, F32);
    double[] weight = Samples.normal(2, (long) n * k, F32);
    ExactProduct product = ExactProduct.of(precision, m, k, n, dY, n, 1, weight, k, 1);
    return product.expect(
        new OpCase(
            name("input gradient", shape),
            (ops, memory) ->
                ops.linear(precision)
                    .backwardInput(
                        ops.stream,
                        memory.output("dX", F32, m, k),
                        memory.input(F32, dY, m, n),
                        memory.input(F32, weight, n, k))),
        "dX");
  }

  OpCase backwardWeight(int[] shape) {
    int n = shape[0];
    int k = shape[1];
    int m = shape[2];
    double[] dY = Samples.normal(1, (long) m * n, F32);
    double[] x = Samples.normal(2, (long) m * k, F32);
    double[] before = new double[n * k];
    ExactProduct product = ExactProduct.of(precision, n, k, m, dY, 1, n, x, k, 1);
    return product.expect(
        new OpCase(
            name("weight gradient", shape),
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
  static OpCase ties() {
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
  static OpCase special(double special) {
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
  OpCase epilogue(int[] shape, Activation activation) {
    int m = shape[0];
    int n = shape[1];
    int k = shape[2];
    double[] x = Samples.normal(1, (long) m * k, F32);
    double[] weight = Samples.normal(2, (long) n * k, F32);
    double[] bias = Samples.normal(3, n, F32);
    double[] residual = Samples.normal(4, (long) m * n, F32);
    ExactProduct product = ExactProduct.of(precision, m, n, k, x, k, 1, weight, 1, k);
    double[] z = Naive.plusRow(product.exact(), bias);
    double[] out = Naive.plus(ActivationReference.values(activation, z, SLOPE), residual);
    double tolerance = ACTIVATED_PRODUCT.of(F32, k, Samples.largest(out), product.largestTerm());
    return new OpCase(
            name("bias, %s, residual".formatted(activation.label()), shape),
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

  OpCase backwardActivation(int[] shape, Activation activation) {
    int m = shape[0];
    int n = shape[1];
    int k = shape[2];
    double[] dY = Samples.normal(1, (long) m * n, F32);
    double[] weight = Samples.normal(2, (long) n * k, F32);
    double[] below = Samples.normal(3, (long) m * k, F32);
    ExactProduct product = ExactProduct.of(precision, m, k, n, dY, n, 1, weight, k, 1);
    double[] slopes = ActivationReference.derivatives(activation, below, SLOPE);
    double[] dX = Naive.times(product.exact(), slopes);
    double tolerance =
        ACTIVATED_PRODUCT_GRADIENT.of(F32, n, Samples.largest(dX), product.largestTerm());
    return new OpCase(
            name("input gradient before " + activation.label(), shape),
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

  OpCase backwardInputOfTwo() {
    int m = 70;
    int n = 33;
    int k = 65;
    double[] dY = Samples.normal(1, (long) m * n, F32);
    double[] weight = Samples.normal(2, (long) n * k, F32);
    double[] dY2 = Samples.normal(3, (long) m * n, F32);
    double[] weight2 = Samples.normal(4, (long) n * k, F32);
    ExactProduct one = ExactProduct.of(precision, m, k, n, dY, n, 1, weight, k, 1);
    ExactProduct two = ExactProduct.of(precision, m, k, n, dY2, n, 1, weight2, k, 1);
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

  OpCase gated(int[] shape) {
    int m = shape[0];
    int h = shape[1];
    int k = shape[2];
    double[] x = Samples.normal(1, (long) m * k, F32);
    double[] wGate = Samples.normal(2, (long) h * k, F32);
    double[] wUp = Samples.normal(3, (long) h * k, F32);
    double[] bGate = Samples.normal(4, h, F32);
    double[] bUp = Samples.normal(5, h, F32);
    ExactProduct products = ExactProduct.of(precision, m, h, k, x, k, 1, wGate, 1, k);
    ExactProduct ups = ExactProduct.of(precision, m, h, k, x, k, 1, wUp, 1, k);
    double[] gate = Naive.plusRow(products.exact(), bGate);
    double[] up = Naive.plusRow(ups.exact(), bUp);
    double[] activated = ActivationReference.values(Activation.SILU, gate, 0);
    double[] out = Naive.times(activated, up);
    double terms = Math.max(products.largestTerm(), ups.largestTerm());
    double largest = Math.max(Samples.largest(gate), Samples.largest(up));
    double missing = Math.max(products.missing(), ups.missing());
    double one = ACTIVATED_PRODUCT.of(F32, k, largest, terms) + missing;
    return new OpCase(
            name("gated", shape),
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

  RowCase rows(int m, int width) {
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

  private String name(String what, int[] shape) {
    return "%s %s, %s".formatted(what, precision, Arrays.toString(shape));
  }
}
