package dev.lockstep.ops;

import static dev.lockstep.check.Tolerances.ACTIVATION;
import static dev.lockstep.check.Tolerances.ACTIVATION_GRADIENT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Rows;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Elementwise gates whose operands are rows of larger tensors, clamped, or in place. */
abstract class GluTests extends OpTests {
  private static final float LIMIT = 1.5f;
  private static final float ALPHA = 1.702f;
  private static final Gate CLAMPED = Gate.clampedSwiGlu(LIMIT, ALPHA);

  /**
   * Rows, columns: one; less than a vector; vectors that only f32 has whole; whole vectors, several
   * rows to a block; more than the 256 threads of one; more blocks than a grid has in y.
   */
  private static final int[][] SHAPES = {{1, 1}, {5, 7}, {3, 36}, {70, 64}, {2, 4608}, {1, 65_537}};

  @Override
  Stream<OpCase> cases() {
    return TYPES.stream()
        .flatMap(
            dtype ->
                Stream.of(Gate.of(Activation.SILU), CLAMPED)
                    .flatMap(
                        gate ->
                            Arrays.stream(SHAPES)
                                .flatMap(
                                    s ->
                                        Stream.of(
                                            forward(dtype, gate, s[0], s[1]),
                                            backward(dtype, gate, s[0], s[1])))));
  }

  @Override
  Stream<OpCase> gridCases() {
    return Stream.of(
        forward(DType.BF16, CLAMPED, 70, 64),
        backward(DType.F32, Gate.of(Activation.GELU_ERF), 2, 4608),
        backward(DType.F16, CLAMPED, 5, 7));
  }

  /** What is computed, in double precision. */
  private record Expected(double[] h, double[] dGate, double[] dUp) {
    static Expected of(Gate gate, double[] g, double[] u, double[] dH) {
      double alpha = gate.alpha();
      double limit = gate.limit();
      double[] scaled = map(g, v -> alpha * Math.min(v, limit));
      double[] act = map(ActivationReference.values(gate.activation(), scaled, 0), v -> v / alpha);
      double[] slope = ActivationReference.derivatives(gate.activation(), scaled, 0);
      double[] factor =
          gate.isClamped() ? map(u, v -> Math.max(-limit, Math.min(v, limit)) + 1) : u;
      double[] dGate = Naive.times(Naive.times(dH, factor), slope);
      double[] dUp = Naive.times(dH, act);
      for (int i = 0; i < g.length; i++) {
        dGate[i] = g[i] > limit ? 0 : dGate[i];
        dUp[i] = Math.abs(u[i]) > limit ? 0 : dUp[i];
      }
      return new Expected(Naive.times(act, factor), dGate, dUp);
    }

    OpCase forward(OpCase op, DType dtype) {
      double largest = Samples.largest(h);
      return op.within(ACTIVATION.of(dtype, 1, largest, largest), "h", h);
    }

    OpCase backward(OpCase op, DType dtype) {
      double up = Samples.largest(dUp);
      double gate = Math.max(Samples.largest(dGate), 16);
      return forward(op, dtype)
          .within(ACTIVATION.of(dtype, 1, up, up), "dUp", dUp)
          .within(ACTIVATION_GRADIENT.of(dtype, 1, Samples.largest(dGate), gate), "dGate", dGate);
    }
  }

  private static double[] map(double[] values, DoubleUnaryOperator function) {
    return Arrays.stream(values).map(function).toArray();
  }

  /** Rows of gate beside rows of up: the gate first. */
  private static double[] packed(double[] gate, double[] up, int rows, int cols) {
    double[] both = new double[2 * rows * cols];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(gate, row * cols, both, 2 * row * cols, cols);
      System.arraycopy(up, row * cols, both, (2 * row + 1) * cols, cols);
    }
    return both;
  }

  private static OpCase forward(DType dtype, Gate gate, int rows, int cols) {
    double[] g = Samples.normal(1, (long) rows * cols, dtype);
    double[] u = Samples.normal(2, (long) rows * cols, dtype);
    OpCase op =
        new OpCase(
            "packed %s %s, %d x %d".formatted(name(gate), dtype.suffix(), rows, cols),
            (ops, memory) -> {
              Rows both = Rows.of(memory.input(dtype, packed(g, u, rows, cols), rows, 2L * cols));
              ops.swiGlu.gluForward(
                  ops.stream,
                  Rows.of(memory.output("h", dtype, rows, cols)),
                  both.columns(0, cols),
                  both.columns(cols, cols),
                  gate);
            });
    return Expected.of(gate, g, u, g).forward(op, dtype);
  }

  private static OpCase backward(DType dtype, Gate gate, int rows, int cols) {
    double[] g = Samples.normal(1, (long) rows * cols, dtype);
    double[] u = Samples.normal(2, (long) rows * cols, dtype);
    double[] dH = Samples.normal(3, (long) rows * cols, dtype);
    OpCase op =
        new OpCase(
            "packed gradients, %s %s, %d x %d".formatted(name(gate), dtype.suffix(), rows, cols),
            (ops, memory) -> {
              Rows both = Rows.of(memory.input(dtype, packed(g, u, rows, cols), rows, 2L * cols));
              ops.swiGlu.gluBackward(
                  ops.stream,
                  Rows.of(memory.output("dGate", dtype, rows, cols)),
                  Rows.of(memory.output("dUp", dtype, rows, cols)),
                  Rows.of(memory.output("h", dtype, rows, cols)),
                  Rows.of(memory.input(dtype, dH, rows, cols)),
                  both.columns(0, cols),
                  both.columns(cols, cols),
                  gate);
            });
    return Expected.of(gate, g, u, dH).backward(op, dtype);
  }

  private static String name(Gate gate) {
    return gate.isClamped() ? "clamped" : gate.activation().label();
  }

  /** Which of gate, up and dH each of dGate, dUp and h replaces; "-" for a tensor of its own. */
  @ParameterizedTest
  @CsvSource({
    "gate, up, dH",
    "gate, up, -",
    "up, gate, -",
    "dH, up, gate",
    "up, dH, gate",
    "-, dH, up",
    "-, -, gate",
    "dH, -, up"
  })
  void anyOutputMayReplaceAnyInput(String dGate, String dUp, String h) {
    for (int shift : new int[] {0, 1}) {
      Map<String, GuardedMemory.Output> apart = inPlace("-", "-", "-", shift);
      Map<String, GuardedMemory.Output> together = inPlace(dGate, dUp, h, shift);
      assertThat(together.keySet()).isEqualTo(apart.keySet());
      apart.forEach(
          (name, output) ->
              assertThat(output(together, name).bytes()).as(name).isEqualTo(output.bytes()));
    }
  }

  private Map<String, GuardedMemory.Output> inPlace(String dGate, String dUp, String h, int shift) {
    DType dtype = DType.BF16;
    int n = 300;
    OpCase op =
        new OpCase(
            "",
            (ops, memory) -> {
              var operands =
                  new InPlace(memory, dtype, n, Map.of("dGate", dGate, "dUp", dUp, "h", h));
              ops.swiGlu.gluBackward(
                  ops.stream,
                  operands.output("dGate"),
                  operands.output("dUp"),
                  operands.output("h"),
                  operands.input("dH"),
                  operands.input("gate"),
                  operands.input("up"),
                  Gate.of(Activation.GELU_TANH));
            });
    return run(bench(), op, shift);
  }

  /** Tensors that are an input and an output at once, or one of the two. */
  private static final class InPlace {
    private final GuardedMemory memory;
    private final DType dtype;
    private final int n;
    private final Map<String, String> inputOf;
    private final Map<String, Rows> inputs = new HashMap<>();

    InPlace(GuardedMemory memory, DType dtype, int n, Map<String, String> inputOf) {
      this.memory = memory;
      this.dtype = dtype;
      this.n = n;
      this.inputOf = inputOf;
    }

    Rows input(String name) {
      return inputs.computeIfAbsent(
          name,
          key -> {
            double[] values = Samples.normal(key.hashCode(), n, dtype);
            return Rows.of(
                inputOf.entrySet().stream()
                    .filter(entry -> entry.getValue().equals(key))
                    .findFirst()
                    .map(entry -> memory.updated(entry.getKey(), dtype, values, n))
                    .orElseGet(() -> memory.input(dtype, values, n)));
          });
    }

    Rows output(String name) {
      String input = inputOf.getOrDefault(name, "-");
      return input.equals("-") ? Rows.of(memory.output(name, dtype, n)) : input(input);
    }
  }

  @Test
  void gradientsOfHalvesGoIntoTheHalvesThemselves() {
    int rows = 9;
    int cols = 24;
    DType dtype = DType.F16;
    double[] g = Samples.normal(1, rows * cols, dtype);
    double[] u = Samples.normal(2, rows * cols, dtype);
    double[] dH = Samples.normal(3, rows * cols, dtype);
    OpCase packed =
        new OpCase(
            "",
            (ops, memory) -> {
              Rows both =
                  Rows.of(memory.updated("both", dtype, packed(g, u, rows, cols), rows, 2L * cols));
              Rows gate = both.columns(0, cols);
              Rows up = both.columns(cols, cols);
              Rows upstream = Rows.of(memory.updated("h", dtype, dH, rows, cols));
              ops.swiGlu.gluBackward(ops.stream, gate, up, upstream, upstream, gate, up, CLAMPED);
            });
    Expected expected = Expected.of(CLAMPED, g, u, dH);
    double[] gradients = packed(expected.dGate(), expected.dUp(), rows, cols);
    double largest = Samples.largest(gradients);
    expected.forward(packed, dtype);
    packed.within(ACTIVATION_GRADIENT.of(dtype, 1, largest, 16), "both", gradients);
    assertNumbers(packed, run(bench(), packed, 0));
    assertNumbers(packed, run(bench(), packed, 1));
  }

  /** silu(gate) · up, not gate · silu(up). */
  @Test
  void theGateIsWhatIsActivated() {
    OpCase op =
        new OpCase(
            "",
            (ops, memory) ->
                ops.swiGlu.gluForward(
                    ops.stream,
                    memory.output("h", DType.F32, 2),
                    memory.input(DType.F32, new double[] {-20, 3}, 2),
                    memory.input(DType.F32, new double[] {3, -20}, 2),
                    Activation.SILU));
    double[] h = output(run(bench(), op, 0), "h").values();
    assertThat(h[0]).isBetween(-2e-7, -1e-7);
    assertThat(h[1]).isBetween(-57.2, -57.1);
  }

  /** Where exponentials overflow and underflow, gates are 0 or the gate itself, never NaN. */
  @ParameterizedTest
  @EnumSource(
      value = Activation.class,
      names = {"SILU", "GELU_TANH", "GELU_ERF", "RELU"})
  void saturatedGatesGiveZeroOrThemselves(Activation activation) {
    double[] g = {88, -200, 104, -1e4, 1e4, -1e30, 1e30};
    double[] ones = new double[g.length];
    Arrays.fill(ones, 1);
    double[] h = map(g, v -> Math.max(v, 0));
    double[] dGate = map(g, v -> v > 0 ? 1 : 0);
    OpCase op =
        new OpCase(
                "",
                (ops, memory) -> {
                  Tensor gate = memory.input(DType.F32, g, g.length);
                  Tensor up = memory.input(DType.F32, ones, g.length);
                  ops.swiGlu.gluBackward(
                      ops.stream,
                      Rows.of(memory.output("dGate", DType.F32, g.length)),
                      Rows.of(memory.output("dUp", DType.F32, g.length)),
                      Rows.of(memory.output("h", DType.F32, g.length)),
                      Rows.of(up),
                      Rows.of(gate),
                      Rows.of(up),
                      Gate.of(activation));
                })
            .within(0, "h", samples(h))
            .within(0, "dUp", samples(h))
            .within(0, "dGate", dGate);
    assertNumbers(op, run(bench(), op, 0));
  }

  private static double[] samples(double[] values) {
    return Samples.rounded(DType.F32, values);
  }

  /** A clamp is no comparison that loses NaN, and no gradient passes where it bites. */
  @Test
  void clampsKeepNanAndStopGradients() {
    double[] g = {Double.NaN, 1, 9, 9, -9, LIMIT};
    double[] u = {1, Double.NaN, 1, -9, 9, LIMIT};
    double[] dH = {1, 1, 1, 1, 1, 1};
    OpCase op =
        new OpCase(
            "",
            (ops, memory) ->
                ops.swiGlu.gluBackward(
                    ops.stream,
                    Rows.of(memory.output("dGate", DType.F32, 6)),
                    Rows.of(memory.output("dUp", DType.F32, 6)),
                    Rows.of(memory.output("h", DType.F32, 6)),
                    Rows.of(memory.input(DType.F32, dH, 6)),
                    Rows.of(memory.input(DType.F32, g, 6)),
                    Rows.of(memory.input(DType.F32, u, 6)),
                    CLAMPED));
    Map<String, GuardedMemory.Output> outputs = run(bench(), op, 0);
    double[] h = output(outputs, "h").values();
    double[] dGate = output(outputs, "dGate").values();
    double[] dUp = output(outputs, "dUp").values();
    assertThat(h[0]).isNaN();
    assertThat(dGate[0]).isNaN();
    assertThat(dUp[0]).isNaN();
    assertThat(h[1]).isNaN();
    assertThat(dGate[1]).isNaN();
    assertThat(dUp[1]).isPositive();
    assertThat(dGate[2]).isZero();
    assertThat(dUp[2]).isPositive();
    assertThat(dGate[3]).isZero();
    assertThat(dUp[3]).isZero();
    assertThat(dGate[4]).isNegative();
    assertThat(dUp[4]).isZero();
    // At the limit itself a gradient passes.
    assertThat(dGate[5]).isPositive();
    assertThat(dUp[5]).isPositive();
  }

  /** The matrix product with the gate fused in, the gate alone, and backward agree on h. */
  @ParameterizedTest
  @EnumSource(
      value = Activation.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"LEAKY_RELU"})
  void fusedUnfusedAndReEmittedHAreTheSameBits(Activation activation) {
    int m = 5;
    int hidden = 72;
    int k = 40;
    for (DType dtype : TYPES) {
      OpCase op =
          new OpCase(
              "",
              (ops, memory) -> {
                Tensor gate = memory.output("gate", dtype, m, hidden);
                Tensor up = memory.output("up", dtype, m, hidden);
                Tensor apart = memory.output("apart", dtype, m, hidden);
                ops.swiGlu.forward(
                    ops.stream,
                    memory.output("fused", dtype, m, hidden),
                    gate,
                    up,
                    memory.input(dtype, Samples.normal(1, m * k, dtype), m, k),
                    memory.input(dtype, Samples.normal(2, hidden * k, dtype), hidden, k),
                    memory.input(dtype, Samples.normal(3, hidden * k, dtype), hidden, k),
                    null,
                    null,
                    activation);
                ops.swiGlu.gluForward(ops.stream, apart, gate, up, activation);
                ops.swiGlu.gluBackward(
                    ops.stream,
                    Rows.of(memory.output("dGate", dtype, m, hidden)),
                    Rows.of(memory.output("dUp", dtype, m, hidden)),
                    Rows.of(memory.output("again", dtype, m, hidden)),
                    Rows.of(apart),
                    Rows.of(gate),
                    Rows.of(up),
                    Gate.of(activation));
              });
      for (int shift : new int[] {0, 1}) {
        Map<String, GuardedMemory.Output> outputs = run(bench(), op, shift);
        byte[] apart = output(outputs, "apart").bytes();
        assertThat(output(outputs, "fused").bytes()).isEqualTo(apart);
        assertThat(output(outputs, "again").bytes()).isEqualTo(apart);
      }
    }
  }
}
