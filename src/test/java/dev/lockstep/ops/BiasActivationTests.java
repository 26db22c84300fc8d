package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * Bias, activation and residual after a product, on whole numbers and halves: every element must be
 * the true one, rounded once.
 */
abstract class BiasActivationTests extends OpTests {
  private static final float SLOPE = 0.25f;

  /**
   * Rows, columns: less than a vector; vectors that only f32 has whole, several rows to a block;
   * whole vectors; more than the 256 threads of a block.
   */
  private static final int[][] SHAPES = {{5, 7}, {3, 36}, {70, 64}, {2, 2056}};

  @Override
  Stream<OpCase> cases() {
    return TYPES.stream()
        .flatMap(
            dtype ->
                Arrays.stream(SHAPES)
                    .flatMap(
                        s ->
                            Stream.of(
                                all(dtype, s[0], s[1]),
                                biasInPlace(dtype, s[0], s[1]),
                                scaledInPlace(dtype, s[0], s[1]))));
  }

  @Override
  Stream<OpCase> gridCases() {
    return Stream.of(
        all(DType.BF16, 70, 64), all(DType.F16, 5, 7), biasInPlace(DType.F32, 2, 2056));
  }

  private static OpCase all(DType dtype, int m, int n) {
    double[] z = Samples.integers(1, (long) m * n, 200);
    double[] bias = Samples.integers(2, n, 200);
    double[] residual = Samples.integers(3, (long) m * n, 40);
    double[] halves = Arrays.stream(z).map(v -> v * -0.5).toArray();
    double[] pre = Samples.rounded(dtype, Naive.plusRow(halves, bias));
    double[] activated = Arrays.stream(pre).map(v -> v < 0 ? v * SLOPE : v).toArray();
    return new OpCase(
            "all of it %s, %d x %d".formatted(dtype.suffix(), m, n),
            (ops, memory) -> {
              var product = memory.updated("pre", dtype, z, m, n);
              ops.biasActivation.forward(
                  ops.stream,
                  memory.output("out", dtype, m, n),
                  product,
                  product,
                  memory.input(dtype, bias, n),
                  memory.input(dtype, residual, m, n),
                  Activation.LEAKY_RELU,
                  SLOPE,
                  memory.scalar(-0.5));
            })
        .exactly("pre", pre)
        .exactly("out", Samples.rounded(dtype, Naive.plus(activated, residual)));
  }

  private static OpCase biasInPlace(DType dtype, int m, int n) {
    double[] z = Samples.integers(1, (long) m * n, 200);
    double[] bias = Samples.integers(2, n, 200);
    return new OpCase(
            "bias in place %s, %d x %d".formatted(dtype.suffix(), m, n),
            (ops, memory) -> {
              var product = memory.updated("out", dtype, z, m, n);
              ops.biasActivation.forward(
                  ops.stream,
                  product,
                  null,
                  product,
                  memory.input(dtype, bias, n),
                  null,
                  Activation.NONE,
                  0,
                  null);
            })
        .exactly("out", Samples.rounded(dtype, Naive.plusRow(z, bias)));
  }

  private static OpCase scaledInPlace(DType dtype, int m, int n) {
    double[] z = Samples.integers(1, (long) m * n, 200);
    return new OpCase(
            "scale in place %s, %d x %d".formatted(dtype.suffix(), m, n),
            (ops, memory) -> {
              var product = memory.updated("out", dtype, z, m, n);
              ops.biasActivation.forward(
                  ops.stream,
                  product,
                  null,
                  product,
                  null,
                  null,
                  Activation.NONE,
                  0,
                  memory.scalar(-0.5));
            })
        .exactly("out", Arrays.stream(z).map(v -> v * -0.5).toArray());
  }
}
