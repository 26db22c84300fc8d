package dev.lockstep.ops;

import static dev.lockstep.check.Tolerances.NORMALIZED;
import static dev.lockstep.check.Tolerances.NORM_GRADIENT;
import static dev.lockstep.check.Tolerances.NORM_WEIGHT_GRADIENT;
import static dev.lockstep.check.Tolerances.ROW_SUM;
import static dev.lockstep.check.Tolerances.STATISTIC;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.stream.Stream;

/** LayerNorm, forward and backward, with and without weight, bias and residual. */
abstract class LayerNormTests extends OpTests {
  private static final float EPS = 1e-5f;

  @Override
  Stream<OpCase> cases() {
    return NormInputs.all().flatMap(in -> Stream.of(forward(in), backward(in)));
  }

  @Override
  Stream<RowCase> rowCases() {
    return TYPES.stream().flatMap(dtype -> Stream.of(rows(dtype, 33), rows(dtype, 640)));
  }

  private static OpCase forward(NormInputs in) {
    NormReference expected = new NormReference(in, EPS, true);
    DType dtype = in.dtype();
    OpCase result =
        new OpCase(
            "forward " + in,
            (ops, memory) ->
                ops.layerNorm.forward(
                    ops.stream,
                    in.forward(memory, memory.output("y", dtype, in.rows(), in.cols()), EPS)
                        .bias(in.weighted() ? memory.input(dtype, in.bias(), in.cols()) : null)
                        .statistics(
                            memory.output("mean", DType.F32, in.rows()),
                            memory.output("rstd", DType.F32, in.rows()))));
    if (in.residual()) {
      result.exactly("sum", in.sum());
    }
    return result
        .within(
            NORMALIZED.of(dtype, in.cols(), expected.largestY(), expected.outputSize()),
            "y",
            expected.y())
        .within(
            STATISTIC.of(dtype, in.cols(), 0, Samples.largest(in.sum())), "mean", expected.mean())
        .within(
            STATISTIC.of(dtype, in.cols(), Samples.largest(expected.rstd()), expected.rstdSize()),
            "rstd",
            expected.rstd());
  }

  private static OpCase backward(NormInputs in) {
    NormReference expected = new NormReference(in, EPS, true);
    DType dtype = in.dtype();
    OpCase result =
        new OpCase(
            "backward " + in,
            (ops, memory) -> {
              Shape shape = Shape.of(in.rows(), in.cols());
              Shape workspace = LayerNorm.workspaceShape(shape);
              ops.layerNorm.backward(
                  ops.stream,
                  in.backward(memory, expected.rstd())
                      .mean(
                          memory.input(
                              DType.F32, Samples.rounded(DType.F32, expected.mean()), in.rows()))
                      .gradients(
                          in.weighted() ? in.accumulator(memory, "dWeight") : null,
                          in.weighted() ? in.accumulator(memory, "dBias") : null,
                          in.weighted()
                              ? memory.output("workspace", DType.F32, workspace.extents())
                              : null));
            });
    result.within(
        NORM_GRADIENT.of(dtype, in.cols(), Samples.largest(expected.dX()), expected.gradientSize()),
        "dX",
        expected.dX());
    if (in.weighted()) {
      result
          .within(
              NORM_WEIGHT_GRADIENT.ofAccumulated(
                  dtype,
                  in.rows(),
                  Samples.largest(expected.dWeight()),
                  expected.weightGradientSize()),
              "dWeight",
              Naive.plus(in.start(), expected.dWeight()))
          .within(
              ROW_SUM.ofAccumulated(
                  dtype, in.rows(), Samples.largest(expected.dBias()), Samples.largest(in.dY())),
              "dBias",
              Naive.plus(in.start(), expected.dBias()));
    }
    return result;
  }

  private static RowCase rows(DType dtype, int cols) {
    double[] x = Samples.normal(1, 9L * cols, dtype);
    double[] weight = Samples.normal(2, cols, dtype);
    return new RowCase(
        "%s, rows of %d".formatted(dtype.suffix(), cols),
        9,
        (ops, memory, from, count) -> {
          Tensor some = memory.input(dtype, Samples.rows(x, from, count, cols), count, cols);
          Tensor w = memory.input(dtype, weight, cols);
          Tensor mean = memory.output("mean", DType.F32, count);
          Tensor rstd = memory.output("rstd", DType.F32, count);
          Tensor y = memory.output("y", dtype, count, cols);
          Tensor dX = memory.output("dX", dtype, count, cols);
          ops.layerNorm.forward(
              ops.stream, NormForward.of(y, some, EPS).weight(w).bias(w).statistics(mean, rstd));
          ops.layerNorm.backward(
              ops.stream, NormBackward.of(dX, y, some, rstd).mean(mean).weight(w));
        });
  }
}
