package dev.lockstep.ops;

import static dev.lockstep.check.Tolerances.ACTIVATION;
import static dev.lockstep.check.Tolerances.ACTIVATION_GRADIENT;
import static dev.lockstep.check.Tolerances.EXACT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.check.Tolerances;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each activation and its derivative, for counts around vectors, blocks and grids. */
abstract class ActivationsTests extends OpTests {
  private static final int[] COUNTS = {1, 7, 255, 2049};
  private static final float SLOPE = 0.25f;

  /** These only choose or multiply by a power of two: nothing may be rounded. */
  private static final Set<Activation> EXACT_ONES =
      EnumSet.of(Activation.NONE, Activation.RELU, Activation.LEAKY_RELU);

  @Override
  Stream<OpCase> cases() {
    return TYPES.stream()
        .flatMap(
            dtype ->
                Arrays.stream(Activation.values())
                    .flatMap(
                        activation ->
                            Arrays.stream(COUNTS)
                                .boxed()
                                .flatMap(
                                    count ->
                                        Stream.of(
                                            forward(dtype, activation, count),
                                            backward(dtype, activation, count),
                                            inPlace(dtype, activation, count)))));
  }

  @Override
  Stream<OpCase> gridCases() {
    return Stream.of(
        forward(DType.BF16, Activation.GELU_ERF, 2049), backward(DType.F32, Activation.SILU, 255));
  }

  /** Overflow of e^2u in (e^2u − 1)/(e^2u + 1) would give NaN from 10.5 on. */
  @Test
  void largeNumbersOverflowNothingInTheTanhForm() {
    double[] x = {10.5, 11, 13, 44.5, 88.8, 1e4, 1e13, 3e38};
    for (DType dtype : new DType[] {DType.F32, DType.BF16}) {
      double[] rounded = Samples.rounded(dtype, x);
      OpCase op =
          new OpCase(
              "",
              (ops, memory) -> {
                Tensor input = memory.input(dtype, rounded, x.length);
                Tensor minus =
                    memory.input(dtype, Arrays.stream(rounded).map(v -> -v).toArray(), x.length);
                ops.activations.forward(
                    ops.stream, memory.output("y", dtype, x.length), input, Activation.GELU_TANH);
                ops.activations.forward(
                    ops.stream,
                    memory.output("below", dtype, x.length),
                    minus,
                    Activation.GELU_TANH);
              });
      // −10.5 and −11 are not quite 0 yet.
      Map<String, GuardedMemory.Output> outputs = run(bench(), op, 0);
      assertThat(output(outputs, "y").values()).isEqualTo(rounded);
      double[] below = output(outputs, "below").values();
      assertThat(below[0]).isNegative().isGreaterThan(-1e-38);
      assertThat(Arrays.stream(below, 2, x.length)).allMatch(v -> v == 0);
    }
  }

  /**
   * 1 + tanh u and 1 + erf t have no digits left below −4; the sign of the slope went with them.
   */
  @ParameterizedTest
  @EnumSource(names = {"GELU_TANH", "GELU_ERF"})
  void tailsKeepTheirDigitsAndTheSlopeItsSign(Activation activation) {
    double[] x = {-3.7, -4.5, -5, -5.5, -6, -8, -9.5};
    double[] rounded = Samples.rounded(DType.F32, x);
    double[] y = both(activation, rounded, false);
    double[] slope = both(activation, rounded, true);
    double[] wantY = ActivationReference.values(activation, rounded, 0);
    double[] wantSlope = ActivationReference.derivatives(activation, rounded, 0);
    for (int i = 0; i < x.length; i++) {
      assertThat(y[i]).isNegative().isCloseTo(wantY[i], Percentage.withPercentage(1e-4));
      assertThat(slope[i]).isNegative().isCloseTo(wantSlope[i], Percentage.withPercentage(1e-4));
    }
  }

  /** The two GELUs differ by 5e-4 at most: each pass must be of the form it is asked for. */
  @Test
  void erfAndTanhFormsAreNotMixedUp() {
    double[] x = {2.25, -2.25};
    for (boolean derivative : new boolean[] {false, true}) {
      for (Activation activation : List.of(Activation.GELU_TANH, Activation.GELU_ERF)) {
        double[] want =
            derivative
                ? ActivationReference.derivatives(activation, x, 0)
                : ActivationReference.values(activation, x, 0);
        double[] got = both(activation, x, derivative);
        assertThat(got[0]).isCloseTo(want[0], within(1e-6));
        assertThat(got[1]).isCloseTo(want[1], within(1e-6));
      }
    }
    assertThat(both(Activation.GELU_TANH, x, false)[0])
        .isNotCloseTo(both(Activation.GELU_ERF, x, false)[0], within(1e-4));
    assertThat(both(Activation.GELU_TANH, x, true)[0])
        .isNotCloseTo(both(Activation.GELU_ERF, x, true)[0], within(1e-4));
  }

  private double[] both(Activation activation, double[] x, boolean derivative) {
    OpCase op =
        new OpCase(
            "",
            (ops, memory) -> {
              Tensor input = memory.input(DType.F32, x, x.length);
              double[] ones = new double[x.length];
              Arrays.fill(ones, 1);
              Tensor y = memory.output("y", DType.F32, x.length);
              if (derivative) {
                ops.activations.backward(
                    ops.stream, y, memory.input(DType.F32, ones, x.length), input, activation);
              } else {
                ops.activations.forward(ops.stream, y, input, activation);
              }
            });
    return output(run(bench(), op, 0), "y").values();
  }

  /** y may be x, dX may be dY or x: the same bits as in a tensor of its own. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void outputsMayReplaceInputs(int shift) {
    DType dtype = DType.F16;
    int n = 777;
    double[] x = inputs(dtype, n);
    double[] dY = upstream(n);
    OpCase op =
        new OpCase(
            "",
            (ops, memory) -> {
              Tensor input = memory.input(dtype, x, n);
              Tensor gradient = memory.input(dtype, dY, n);
              Tensor y = memory.updated("y in place", dtype, x, n);
              Tensor ofDy = memory.updated("dX in dY", dtype, dY, n);
              Tensor ofX = memory.updated("dX in x", dtype, x, n);
              Activation act = Activation.SILU;
              ops.activations.forward(ops.stream, memory.output("y", dtype, n), input, act);
              ops.activations.forward(ops.stream, y, y, act);
              ops.activations.backward(
                  ops.stream, memory.output("dX", dtype, n), gradient, input, act);
              ops.activations.backward(ops.stream, ofDy, ofDy, input, act);
              ops.activations.backward(ops.stream, ofX, gradient, ofX, act);
            });
    Map<String, GuardedMemory.Output> outputs = run(bench(), op, shift);
    assertThat(output(outputs, "y in place").bytes()).isEqualTo(output(outputs, "y").bytes());
    assertThat(output(outputs, "dX in dY").bytes()).isEqualTo(output(outputs, "dX").bytes());
    assertThat(output(outputs, "dX in x").bytes()).isEqualTo(output(outputs, "dX").bytes());
  }

  /** What a matrix product with the activation fused in gives, and the activation alone. */
  @ParameterizedTest
  @EnumSource
  void fusedAndUnfusedAreTheSameBits(Activation activation) {
    int m = 5;
    int n = 72;
    int k = 40;
    for (DType dtype : TYPES) {
      double[] x = Arrays.stream(Samples.normal(1, m * k, dtype)).map(v -> 4 * v).toArray();
      OpCase op =
          new OpCase(
              "",
              (ops, memory) -> {
                Tensor pre = memory.output("pre", dtype, m, n);
                ops.linear.forward(
                    ops.stream,
                    memory.output("fused", dtype, m, n),
                    pre,
                    memory.input(dtype, x, m, k),
                    memory.input(dtype, Samples.normal(2, n * k, dtype), n, k),
                    null,
                    null,
                    activation);
                ops.activations.forward(
                    ops.stream, memory.output("apart", dtype, m, n), pre, activation);
              });
      for (int shift : new int[] {0, 1}) {
        Map<String, GuardedMemory.Output> outputs = run(bench(), op, shift);
        assertThat(output(outputs, "fused").bytes()).isEqualTo(output(outputs, "apart").bytes());
      }
    }
  }

  private static OpCase forward(DType dtype, Activation activation, int count) {
    double[] x = inputs(dtype, count);
    double[] y = ActivationReference.values(activation, x, SLOPE);
    double largest = Samples.largest(y);
    return new OpCase(
            name("forward", dtype, activation, count),
            (ops, memory) ->
                ops.activations.forward(
                    ops.stream,
                    memory.output("y", dtype, count),
                    memory.input(dtype, x, count),
                    activation,
                    SLOPE))
        .within(row(activation, ACTIVATION).of(dtype, 1, largest, largest), "y", y);
  }

  private static OpCase backward(DType dtype, Activation activation, int count) {
    double[] x = inputs(dtype, count);
    double[] dY = upstream(count);
    return expectGradient(
        new OpCase(
            name("backward", dtype, activation, count),
            (ops, memory) ->
                ops.activations.backward(
                    ops.stream,
                    memory.output("dX", dtype, count),
                    memory.input(dtype, dY, count),
                    memory.input(dtype, x, count),
                    activation,
                    SLOPE)),
        dtype,
        activation,
        x,
        dY);
  }

  private static OpCase inPlace(DType dtype, Activation activation, int count) {
    double[] x = inputs(dtype, count);
    double[] dY = upstream(count);
    return expectGradient(
        new OpCase(
            name("backward in place", dtype, activation, count),
            (ops, memory) -> {
              var gradient = memory.updated("dX", dtype, dY, count);
              ops.activations.backward(
                  ops.stream, gradient, gradient, memory.input(dtype, x, count), activation, SLOPE);
            }),
        dtype,
        activation,
        x,
        dY);
  }

  private static OpCase expectGradient(
      OpCase op, DType dtype, Activation activation, double[] x, double[] dY) {
    double[] dX = Naive.times(dY, ActivationReference.derivatives(activation, x, SLOPE));
    double tolerance =
        row(activation, ACTIVATION_GRADIENT)
            .of(dtype, 1, Samples.largest(dX), Samples.largest(dY) * 1.2);
    return op.within(tolerance, "dX", dX);
  }

  private static Tolerances row(Activation activation, Tolerances otherwise) {
    return EXACT_ONES.contains(activation) ? EXACT : otherwise;
  }

  private static double[] inputs(DType dtype, int count) {
    return Arrays.stream(Samples.normal(1, count, dtype)).map(v -> v * 4).toArray();
  }

  /** Powers of two, so that exact activations have exact gradients. */
  private static double[] upstream(int count) {
    return Arrays.stream(Samples.integers(2, count, 3)).map(v -> Math.scalb(1, (int) v)).toArray();
  }

  private static String name(String what, DType dtype, Activation activation, int count) {
    return "%s %s %s, %d".formatted(activation.label(), what, dtype.suffix(), count);
  }
}
