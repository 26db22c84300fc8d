package dev.lockstep.ops;

import static dev.lockstep.check.Tolerances.ACTIVATION;
import static dev.lockstep.check.Tolerances.ACTIVATION_GRADIENT;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Gated units. In the fused forward pass inputs are whole numbers, so gate and up are exact and
 * only the activation between them rounds.
 */
abstract class SwiGluTests extends OpTests {
  /** Rows, hidden, depth: ragged and whole tiles, with and without vectors. */
  private static final int[][] SHAPES = {
    {1, 1, 1}, {1, 65, 63}, {63, 16, 65}, {64, 64, 64}, {65, 40, 72}, {3, 130, 260}
  };

  /**
   * For the tiles of 128 × 64, as {@link LinearTests} has them: whole tiles and a ring that turns
   * twice; one row and cut columns; rows without alignment.
   */
  private static final int[][] LARGE = {{128, 512, 256}, {1, 520, 264}, {130, 513, 328}};

  private static final int[] COUNTS = {1, 7, 255, 2049};

  static final Activation[] ACTIVATIONS = {
    Activation.NONE,
    Activation.RELU,
    Activation.SIGMOID,
    Activation.TANH,
    Activation.SILU,
    Activation.GELU_TANH,
    Activation.GELU_ERF
  };

  @Override
  Stream<OpCase> cases() {
    Stream<OpCase> small =
        TYPES.stream().flatMap(dtype -> Stream.concat(products(dtype), elementwise(dtype)));
    Stream<OpCase> large =
        Arrays.stream(LARGE)
            .flatMap(
                s ->
                    Stream.of(
                        fused(DType.BF16, s[0], s[1], s[2], Activation.SILU, Kept.ALL),
                        fusedBackward(DType.BF16, s[0], s[2], s[1], Activation.SILU, true)));
    return Stream.of(
            small,
            large,
            Stream.of(
                fused(DType.F16, 130, 513, 328, Activation.GELU_TANH, Kept.GATE_AND_UP),
                fusedBackward(DType.F16, 130, 328, 513, Activation.RELU, false)))
        .flatMap(Function.identity());
  }

  /**
   * @param precision of products of f32
   * @param tile null where the shape chooses it
   */
  record Kind(DType dtype, MatrixPrecision precision, @Nullable GatedTile tile) {
    private static Kind of(DType dtype) {
      return new Kind(dtype, MatrixPrecision.FP32, null);
    }

    private SwiGlu swiGlu(OpBench ops) {
      return tile != null
          ? new SwiGlu(ops.library, precision, tile)
          : precision == MatrixPrecision.FP32 ? ops.swiGlu : ops.swiGlu(precision);
    }

    @Override
    public String toString() {
      return dtype.suffix()
          + (precision == MatrixPrecision.FP32 ? "" : " as " + precision.suffix())
          + (tile == null ? "" : " in tiles of " + tile.label());
    }
  }

  /** What is written besides, or instead of, h. */
  enum Kept {
    NOTHING,
    GATE_AND_UP,
    ALL
  }

  private static Stream<OpCase> products(DType dtype) {
    Stream<OpCase> shapes =
        Arrays.stream(SHAPES)
            .flatMap(
                s ->
                    Stream.of(
                        fused(dtype, s[0], s[1], s[2], Activation.SILU, Kept.ALL),
                        fused(dtype, s[0], s[1], s[2], Activation.SILU, Kept.GATE_AND_UP),
                        fusedBackward(dtype, s[0], s[2], s[1], Activation.RELU, true)));
    Stream<OpCase> activations =
        Arrays.stream(ACTIVATIONS)
            .flatMap(
                a ->
                    Stream.of(
                        fused(dtype, 5, 66, 40, a, Kept.NOTHING),
                        fusedBackward(dtype, 5, 40, 66, a, false)));
    return Stream.concat(shapes, activations);
  }

  private static Stream<OpCase> elementwise(DType dtype) {
    Stream<OpCase> counts =
        Arrays.stream(COUNTS)
            .boxed()
            .flatMap(
                n ->
                    Stream.of(glu(dtype, n, Activation.SILU), backward(dtype, n, Activation.SILU)));
    Stream<OpCase> activations =
        Arrays.stream(ACTIVATIONS)
            .flatMap(
                a -> Stream.of(glu(dtype, 100, a), backward(dtype, 100, a), inPlace(dtype, a)));
    return Stream.concat(counts, activations);
  }

  @Override
  Stream<RowCase> rowCases() {
    return TYPES.stream().map(dtype -> rows(dtype, 67, 65));
  }

  private static OpCase fused(
      DType dtype, int m, int hidden, int k, Activation activation, Kept kept) {
    return fused(Kind.of(dtype), m, hidden, k, activation, kept);
  }

  static OpCase fused(Kind kind, int m, int hidden, int k, Activation activation, Kept kept) {
    DType dtype = kind.dtype();
    boolean everything = kept != Kept.NOTHING;
    double[] x = Samples.integers(1, (long) m * k, 2);
    double[] wGate = Samples.integers(2, (long) hidden * k, 1);
    double[] wUp = Samples.integers(3, (long) hidden * k, 1);
    double[] bGate = everything ? Samples.integers(4, hidden, 4) : new double[hidden];
    double[] bUp = everything ? Samples.integers(5, hidden, 4) : new double[hidden];
    double[] gate = linear(dtype, x, wGate, bGate, m, hidden, k);
    double[] up = linear(dtype, x, wUp, bUp, m, hidden, k);
    OpCase op =
        new OpCase(
            "%s%s %s, %d x %d, depth %d"
                .formatted(
                    activation.label(),
                    switch (kept) {
                      case NOTHING -> "";
                      case GATE_AND_UP -> ", biases, gate and up alone";
                      case ALL -> ", biases, gate and up kept";
                    },
                    kind,
                    m,
                    hidden,
                    k),
            (ops, memory) ->
                kind.swiGlu(ops)
                    .forward(
                        ops.stream,
                        kept == Kept.GATE_AND_UP ? null : memory.output("h", dtype, m, hidden),
                        everything ? memory.output("gate", dtype, m, hidden) : null,
                        everything ? memory.output("up", dtype, m, hidden) : null,
                        memory.input(dtype, x, m, k),
                        memory.input(dtype, wGate, hidden, k),
                        memory.input(dtype, wUp, hidden, k),
                        everything ? memory.input(dtype, bGate, hidden) : null,
                        everything ? memory.input(dtype, bUp, hidden) : null,
                        activation));
    if (everything) {
      op.exactly("gate", gate).exactly("up", up);
    }
    return kept == Kept.GATE_AND_UP ? op : expectGated(op, dtype, activation, gate, up);
  }

  private static OpCase fusedBackward(
      DType dtype, int m, int n, int hidden, Activation activation, boolean everything) {
    return fusedBackward(Kind.of(dtype), m, n, hidden, activation, everything);
  }

  /**
   * Whole numbers, so that dH is exact; in place, or with h and the gradients of both biases, whose
   * sums are exact where the activation is.
   */
  static OpCase fusedBackward(
      Kind kind, int m, int n, int hidden, Activation activation, boolean everything) {
    DType dtype = kind.dtype();
    double[] dY = Samples.integers(1, (long) m * n, 2);
    double[] wDown = Samples.integers(2, (long) n * hidden, 1);
    double[] gate = Samples.integers(3, (long) m * hidden, 3);
    double[] up = Samples.integers(4, (long) m * hidden, 2);
    double[] dH = Samples.rounded(dtype, Naive.times(dY, wDown, m, n, hidden));
    double[] before = Samples.integers(5, hidden, 100);
    OpCase op =
        new OpCase(
            "gradients from dY, %s%s %s, %d x %d, depth %d"
                .formatted(
                    activation.label(),
                    everything ? ", biases, h once more" : " in place",
                    kind,
                    m,
                    hidden,
                    n),
            (ops, memory) -> {
              Tensor g =
                  everything
                      ? memory.input(dtype, gate, m, hidden)
                      : memory.updated("dGate", dtype, gate, m, hidden);
              Tensor u =
                  everything
                      ? memory.input(dtype, up, m, hidden)
                      : memory.updated("dUp", dtype, up, m, hidden);
              kind.swiGlu(ops)
                  .backward(
                      ops.stream,
                      everything ? memory.output("dGate", dtype, m, hidden) : g,
                      everything ? memory.output("dUp", dtype, m, hidden) : u,
                      everything ? memory.output("h", dtype, m, hidden) : null,
                      memory.input(dtype, dY, m, n),
                      memory.input(dtype, wDown, n, hidden),
                      g,
                      u,
                      activation,
                      everything ? memory.biasGradient("dGateBias", dtype, before, m, n) : null,
                      everything ? memory.biasGradient("dUpBias", dtype, before, m, n) : null);
            });
    if (everything) {
      expectGated(op, dtype, activation, gate, up);
    }
    if (everything && activation == Activation.RELU) {
      double[] dUp =
          Samples.rounded(dtype, Naive.times(dH, ActivationReference.values(activation, gate, 0)));
      double[] slope = ActivationReference.derivatives(activation, gate, 0);
      double[] dGate = Samples.rounded(dtype, Naive.times(Naive.times(dH, up), slope));
      return op.exactly("dUp", dUp)
          .exactly("dGate", dGate)
          .exactly("dUpBias", Naive.plus(before, Naive.columnSums(dUp, m, hidden)))
          .exactly("dGateBias", Naive.plus(before, Naive.columnSums(dGate, m, hidden)));
    }
    return expectGradients(op, dtype, activation, gate, up, dH);
  }

  private static double[] linear(
      DType dtype, double[] x, double[] weight, double[] bias, int m, int n, int k) {
    double[] product = Naive.timesTransposed(x, weight, m, n, k);
    return Samples.rounded(dtype, Naive.plusRow(product, bias));
  }

  private static OpCase glu(DType dtype, int count, Activation activation) {
    double[] gate = Samples.normal(1, count, dtype);
    double[] up = Samples.normal(2, count, dtype);
    OpCase op =
        new OpCase(
            "elementwise %s %s, %d".formatted(activation.label(), dtype.suffix(), count),
            (ops, memory) ->
                ops.swiGlu.gluForward(
                    ops.stream,
                    memory.output("h", dtype, count),
                    memory.input(dtype, gate, count),
                    memory.input(dtype, up, count),
                    activation));
    return expectGated(op, dtype, activation, gate, up);
  }

  private static OpCase expectGated(
      OpCase op, DType dtype, Activation activation, double[] gate, double[] up) {
    double[] h = Naive.times(ActivationReference.values(activation, gate, 0), up);
    double largest = Samples.largest(h);
    return op.within(ACTIVATION.of(dtype, 1, largest, largest), "h", h);
  }

  private static OpCase backward(DType dtype, int count, Activation activation) {
    double[] gate = Samples.normal(1, count, dtype);
    double[] up = Samples.normal(2, count, dtype);
    double[] dH = Samples.normal(3, count, dtype);
    OpCase op =
        new OpCase(
            "gradients, %s %s, %d".formatted(activation.label(), dtype.suffix(), count),
            (ops, memory) ->
                ops.swiGlu.gluBackward(
                    ops.stream,
                    memory.output("dGate", dtype, count),
                    memory.output("dUp", dtype, count),
                    memory.input(dtype, dH, count),
                    memory.input(dtype, gate, count),
                    memory.input(dtype, up, count),
                    activation));
    return expectGradients(op, dtype, activation, gate, up, dH);
  }

  private static OpCase inPlace(DType dtype, Activation activation) {
    int count = 100;
    double[] gate = Samples.normal(1, count, dtype);
    double[] up = Samples.normal(2, count, dtype);
    double[] dH = Samples.normal(3, count, dtype);
    OpCase op =
        new OpCase(
            "gradients in place, %s %s".formatted(activation.label(), dtype.suffix()),
            (ops, memory) -> {
              var gateOrGradient = memory.updated("dGate", dtype, gate, count);
              var upOrGradient = memory.updated("dUp", dtype, up, count);
              ops.swiGlu.gluBackward(
                  ops.stream,
                  gateOrGradient,
                  upOrGradient,
                  memory.input(dtype, dH, count),
                  gateOrGradient,
                  upOrGradient,
                  activation);
            });
    return expectGradients(op, dtype, activation, gate, up, dH);
  }

  private static OpCase expectGradients(
      OpCase op, DType dtype, Activation activation, double[] gate, double[] up, double[] dH) {
    double[] dUp = Naive.times(dH, ActivationReference.values(activation, gate, 0));
    double[] slope = ActivationReference.derivatives(activation, gate, 0);
    double[] dGate = Naive.times(Naive.times(dH, up), slope);
    double largestUp = Samples.largest(dUp);
    double products = Samples.largest(Naive.times(dH, up)) * 1.2;
    return op.within(ACTIVATION.of(dtype, 1, largestUp, largestUp), "dUp", dUp)
        .within(ACTIVATION_GRADIENT.of(dtype, 1, Samples.largest(dGate), products), "dGate", dGate);
  }

  private static RowCase rows(DType dtype, int m, int width) {
    double[] x = Samples.normal(1, (long) m * width, dtype);
    double[] wGate = Samples.normal(2, (long) width * width, dtype);
    double[] wUp = Samples.normal(3, (long) width * width, dtype);
    return new RowCase(
        "%s, rows of %d".formatted(dtype.suffix(), width),
        m,
        (ops, memory, from, count) ->
            ops.swiGlu.forward(
                ops.stream,
                memory.output("h", dtype, count, width),
                memory.output("gate", dtype, count, width),
                memory.output("up", dtype, count, width),
                memory.input(dtype, Samples.rows(x, from, count, width), count, width),
                memory.input(dtype, wGate, width, width),
                memory.input(dtype, wUp, width, width),
                null,
                null,
                Activation.SILU));
  }
}
