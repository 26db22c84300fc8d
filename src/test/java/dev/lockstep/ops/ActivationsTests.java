package dev.lockstep.ops;

import static dev.lockstep.check.Tolerances.ACTIVATION;
import static dev.lockstep.check.Tolerances.ACTIVATION_GRADIENT;
import static dev.lockstep.check.Tolerances.EXACT;

import dev.lockstep.check.Tolerances;
import dev.lockstep.numeric.DType;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;

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
