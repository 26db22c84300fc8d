package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.check.Tolerances;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows in registers and rows read twice; masked, hopeless and far logits; bits of a row. */
abstract class SoftmaxTests extends OpTests {
  /**
   * Rows, columns: the smallest; a warp's; unaligned; several warps; as long as f32 stays in
   * registers, and longer.
   */
  private static final int[][] SHAPES = {{1, 1}, {3, 32}, {5, 77}, {4, 640}, {2, 8192}, {1, 8200}};

  @Override
  Stream<OpCase> cases() {
    List<OpCase> cases = new ArrayList<>();
    for (DType dtype : TYPES) {
      for (int[] shape : SHAPES) {
        for (boolean log : new boolean[] {false, true}) {
          cases.add(forward(dtype, shape[0], shape[1], log));
          cases.add(backward(dtype, shape[0], shape[1], log));
        }
      }
    }
    return cases.stream();
  }

  @Override
  Stream<OpCase> gridCases() {
    return Stream.of(forward(DType.F32, 7, 40, false), backward(DType.BF16, 7, 33, true));
  }

  @Override
  Stream<RowCase> rowCases() {
    int rows = 9;
    int cols = 264;
    return TYPES.stream()
        .map(
            dtype ->
                new RowCase(
                    dtype.suffix(),
                    rows,
                    (ops, memory, from, count) -> {
                      double[] all = Samples.normal(1, rows * cols, dtype);
                      double[] x = Samples.rows(all, from, count, cols);
                      Tensor y = memory.output("y", dtype, count, cols);
                      ops.softmax.forward(
                          ops.stream, y, memory.input(dtype, x, count, cols), false);
                      ops.softmax.backward(
                          ops.stream,
                          memory.output("dX", dtype, count, cols),
                          memory.input(dtype, x, count, cols),
                          y,
                          false);
                    }));
  }

  private static double[] softmax(double[] x, int cols, boolean log) {
    double[] y = new double[x.length];
    for (int start = 0; start < x.length; start += cols) {
      double[] row = Arrays.copyOfRange(x, start, start + cols);
      double largest = Arrays.stream(row).max().orElseThrow();
      double lse = largest + Math.log(Arrays.stream(row).map(v -> Math.exp(v - largest)).sum());
      for (int i = 0; i < cols; i++) {
        y[start + i] = log ? row[i] - lse : Math.exp(row[i] - lse);
      }
    }
    return y;
  }

  private static OpCase forward(DType dtype, int rows, int cols, boolean log) {
    double[] x = Samples.normal(1, (long) rows * cols, dtype);
    double[] y = softmax(x, cols, log);
    double scale = Samples.largest(y);
    double size = log ? Math.max(scale, 2 * Samples.largest(x)) : scale;
    return new OpCase(
            "forward %s%s, %d x %d".formatted(log ? "log " : "", dtype.suffix(), rows, cols),
            (ops, memory) ->
                ops.softmax.forward(
                    ops.stream,
                    memory.output("y", dtype, rows, cols),
                    memory.input(dtype, x, rows, cols),
                    log))
        .within(Tolerances.SOFTMAX.of(dtype, cols, scale, size), "y", y);
  }

  /** The gradient for the y that was stored. */
  private static OpCase backward(DType dtype, int rows, int cols, boolean log) {
    double[] y =
        Samples.rounded(dtype, softmax(Samples.normal(1, (long) rows * cols, dtype), cols, log));
    double[] dY = Samples.normal(2, (long) rows * cols, dtype);
    double[] dX = new double[y.length];
    double size = 1;
    for (int start = 0; start < y.length; start += cols) {
      double total = 0;
      for (int i = start; i < start + cols; i++) {
        total += log ? dY[i] : dY[i] * y[i];
      }
      for (int i = start; i < start + cols; i++) {
        dX[i] = log ? dY[i] - Math.exp(y[i]) * total : y[i] * (dY[i] - total);
      }
      size = Math.max(size, Math.abs(total));
    }
    return new OpCase(
            "backward %s%s, %d x %d".formatted(log ? "log " : "", dtype.suffix(), rows, cols),
            (ops, memory) ->
                ops.softmax.backward(
                    ops.stream,
                    memory.output("dX", dtype, rows, cols),
                    memory.input(dtype, dY, rows, cols),
                    memory.input(dtype, y, rows, cols),
                    log))
        .within(
            Tolerances.CROSS_ENTROPY_GRADIENT.of(dtype, cols, Samples.largest(dX), size), "dX", dX);
  }

  private double[] of(DType dtype, boolean log, int shift, double... row) {
    OpCase op =
        new OpCase(
            "row",
            (ops, memory) ->
                ops.softmax.forward(
                    ops.stream,
                    memory.output("y", dtype, 1, row.length),
                    memory.input(dtype, row, 1, row.length),
                    log));
    return output(run(bench(), op, shift), "y").values();
  }

  /** In registers, and read twice for want of alignment. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void maskedLogitsHaveNoPartAndHopelessRowsAreNan(int shift) {
    double inf = Double.POSITIVE_INFINITY;
    double nan = Double.NaN;
    for (DType dtype : TYPES) {
      double[] masked = new double[64];
      Arrays.fill(masked, -inf);
      double[] nothing = masked.clone();
      masked[63] = 5;
      masked[2] = 5;
      double[] halves = new double[64];
      halves[63] = halves[2] = 0.5;
      assertThat(of(dtype, false, shift, masked)).containsExactly(halves);
      double[] logs = of(dtype, true, shift, masked);
      assertThat(logs[0]).isEqualTo(-inf);
      assertThat(logs[2]).isEqualTo(dtype.round((float) -Math.log(2)));
      assertThat(of(dtype, false, shift, nothing)).containsOnly(nan);
      assertThat(of(dtype, true, shift, nothing)).containsOnly(nan);
      nothing[7] = inf;
      assertThat(of(dtype, false, shift, nothing)).containsOnly(nan);
      nothing[7] = nan;
      assertThat(of(dtype, false, shift, nothing)).containsOnly(nan);
    }
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void farLogitsNeitherOverflowNorCancel(DType dtype) {
    double far = dtype.round(60_000);
    double[] row = {far, -far, far, 0};
    assertThat(of(dtype, false, 0, row)).containsExactly(0.5, 0, 0.5, 0);
    double[] logs = of(dtype, true, 0, row);
    assertThat(logs[1]).isEqualTo(dtype.round((float) (-2 * far - Math.log(2))));
    assertThat(of(dtype, false, 0, 1e-3, 1e-3)).containsExactly(0.5, 0.5);
  }

  @ParameterizedTest
  @FieldSource("TYPES")
  void resultsMayReplaceTheirInputs(DType dtype) {
    for (int cols : new int[] {64, 77}) {
      double[] x = Samples.normal(1, 3L * cols, dtype);
      double[] dY = Samples.normal(2, 3L * cols, dtype);
      OpCase apart =
          new OpCase(
              "apart",
              (ops, memory) -> {
                Tensor y = memory.output("y", dtype, 3, cols);
                ops.softmax.forward(ops.stream, y, memory.input(dtype, x, 3, cols), true);
                ops.softmax.backward(
                    ops.stream,
                    memory.output("dX", dtype, 3, cols),
                    memory.input(dtype, dY, 3, cols),
                    y,
                    true);
              });
      OpCase inPlace =
          new OpCase(
              "in place",
              (ops, memory) -> {
                Tensor y = memory.updated("y", dtype, x, 3, cols);
                ops.softmax.forward(ops.stream, y, y, true);
                Tensor dX = memory.updated("dX", dtype, dY, 3, cols);
                ops.softmax.backward(ops.stream, dX, dX, y, true);
              });
      Map<String, GuardedMemory.Output> expected = run(bench(), apart, 0);
      Map<String, GuardedMemory.Output> got = run(bench(), inPlace, 0);
      for (String name : new String[] {"y", "dX"}) {
        assertThat(output(got, name).bytes()).isEqualTo(output(expected, name).bytes());
      }
    }
  }
}
