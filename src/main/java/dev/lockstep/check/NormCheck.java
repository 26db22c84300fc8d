package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.LayerNorm;
import dev.lockstep.ops.NormBackward;
import dev.lockstep.ops.NormForward;
import dev.lockstep.ops.RmsNorm;
import dev.lockstep.reference.NormFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Variable;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** LayerNorm or RMSNorm of {@code x (+ residual)}: outputs, statistics and all gradients. */
final class NormCheck implements OpCheck {
  /**
   * Rows, columns. One block per row forward; backward gives each block at least 8 rows, more only
   * past 4096; 16-byte loads where a row starts aligned.
   */
  private static final int[][] SHAPES = {
    {1, 1}, // a row that is its own mean
    {5, 3}, // less than a warp, rows not aligned
    {40, 64}, // several blocks backward, all vectors
    {9, 127}, // a block backward and a row; odd
    {3, 1000}, // a tail after the vectors of a full block
    {2, 4099}, // several passes of a full block of 512 threads; odd
    {2, 20_488}, // the same by vectors of eight
    {4100, 3}, // more than 8 rows for each block backward
  };

  private final boolean layer;

  NormCheck(boolean layer) {
    this.layer = layer;
  }

  @Override
  public String op() {
    return layer ? "layernorm" : "rmsnorm";
  }

  @Override
  public List<Problem> problems(DType dtype) {
    List<Problem> problems = new ArrayList<>();
    for (int[] shape : SHAPES) {
      problems.add(weighted(make(dtype, shape, "", 1, 0), shape).build());
    }
    int[] shape = {10, 72};
    problems.add(make(dtype, shape, "_nowt", 1, 0).build());
    problems.add(
        withResidual(weighted(make(dtype, shape, "_residual", 1, 0), shape), shape).build());
    for (int[] each : new int[][] {shape, {2, 4099}, {2, 20_488}}) {
      problems.add(withResidual(make(dtype, each, "_nowt_residual", 1, 0), each).build());
    }
    problems.add(
        weighted(make(dtype, shape, "_misaligned", 1, 0), shape)
            .with(Problems.MISALIGNED, true)
            .build());
    problems.add(weighted(make(dtype, shape, "_offset", 1, 100), shape).build());
    problems.add(weighted(make(dtype, shape, "_small", 1e-4, 0), shape).build());
    return problems;
  }

  private Problems make(DType dtype, int[] shape, String suffix, double deviation, double offset) {
    Problems problem =
        new Problems(op(), dtype, shape[0] + "x" + shape[1] + suffix)
            .with("eps", 1e-5)
            .normal("x", deviation, shape)
            .upstream("y", shape);
    return offset == 0 ? problem : problem.shifted("x", offset);
  }

  private Problems weighted(Problems problem, int[] shape) {
    problem.nearOne("weight", shape[1]);
    return layer ? problem.normal("bias", 1, shape[1]) : problem;
  }

  private static Problems withResidual(Problems problem, int[] shape) {
    return problem.normal("residual", 1, shape).upstream("sum", shape);
  }

  @Override
  public Answers reference(Problem problem) {
    ReferenceInputs in = new ReferenceInputs(problem, Set.of());
    Answers answers = new Answers();
    double eps = problem.attributes().number("eps");
    Variable s = in.get("x");
    Variable residual = in.optional("residual");
    if (residual != null) {
      s = Primitives.add(s, residual);
      in.output(answers, "sum", s);
    }
    NormFormula.Normalized normalized =
        layer
            ? NormFormula.layerNorm(s, in.optional("weight"), in.optional("bias"), eps)
            : NormFormula.rmsNorm(s, in.optional("weight"), eps);
    in.output(answers, "y", normalized.y());
    if (residual != null) {
      answers.out("y_without_sum", normalized.y().values());
    }
    Variable mean = normalized.mean();
    if (mean != null) {
      in.output(answers, "mean", mean);
    }
    in.output(answers, "rstd", normalized.rstd());
    return in.gradients(answers);
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    DType dtype = problem.dtype();
    HostArray hostX = problem.input("x");
    Shape shape = Shape.of(hostX.rows(), hostX.columns());
    float eps = (float) problem.attributes().number("eps");
    Tensor x = trial.input("x", dtype, hostX);
    Tensor residual = trial.optionalInput("residual", dtype, problem.optionalInput("residual"));
    Tensor weight = trial.optionalInput("weight", dtype, problem.optionalInput("weight"));
    Tensor bias = trial.optionalInput("bias", dtype, problem.optionalInput("bias"));
    Tensor y = trial.output("y", dtype, shape.extents());
    Tensor sum = residual == null ? null : trial.output("sum", dtype, shape.extents());
    Tensor mean = layer ? trial.output("mean", DType.F32, shape.rows()) : null;
    Tensor rstd = trial.output("rstd", DType.F32, shape.rows());
    NormForward forward =
        NormForward.of(y, x, eps).weight(weight).bias(bias).statistics(mean, rstd);
    forward(bench, trial, forward.residual(residual, sum));

    // The sum may be left out where nobody reads it again.
    Tensor alone = trial.output("y_without_sum", dtype, shape.extents());
    NormForward again = NormForward.of(alone, x, eps).weight(weight).bias(bias);
    forward(bench, trial, again.residual(residual, (Tensor) null));

    Tensor dY = trial.input("dY", dtype, problem.upstream("y"));
    HostArray upstreamOfSum = problem.upstream().get("sum");
    Tensor dSum = trial.optionalInput("dSum", dtype, upstreamOfSum);
    Tensor dX = trial.output("dX", dtype, shape.extents());
    Tensor dWeight = weight == null ? null : trial.accumulator("dWeight", shape.cols());
    Tensor dBias = bias == null ? null : trial.accumulator("dBias", shape.cols());
    Tensor normalized = sum == null ? x : sum;
    Shape workspaceShape = layer ? LayerNorm.workspaceShape(shape) : RmsNorm.workspaceShape(shape);
    Tensor workspace = trial.structure("workspace", DType.F32, workspaceShape);
    NormBackward backward =
        NormBackward.of(dX, dY, normalized, rstd)
            .weight(weight)
            .dSum(dSum)
            .gradients(dWeight, dBias, workspace);
    if (mean != null) {
      bench.layerNorm.backward(trial.stream(), backward.mean(mean));
    } else {
      bench.rmsNorm.backward(trial.stream(), backward);
    }

    Answers answers =
        new Answers()
            .out("y", trial.read(y))
            .out("y_without_sum", trial.read(alone))
            .out("rstd", trial.read(rstd));
    double[] gradient = trial.read(dX);
    answers.grad("x", gradient);
    if (mean != null) {
      answers.out("mean", trial.read(mean));
    }
    if (sum != null) {
      answers.out("sum", trial.read(sum)).grad("residual", gradient);
    }
    putAccumulated(trial, answers, "weight", dWeight);
    putAccumulated(trial, answers, "bias", dBias);
    return answers;
  }

  private void forward(Bench bench, Trial trial, NormForward call) {
    if (layer) {
      bench.layerNorm.forward(trial.stream(), call);
    } else {
      bench.rmsNorm.forward(trial.stream(), call);
    }
  }

  private static void putAccumulated(
      Trial trial, Answers answers, String name, @Nullable Tensor gradient) {
    if (gradient != null) {
      answers.grad(name, trial.accumulated(gradient));
    }
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    DType dtype = problem.dtype();
    boolean summed = problem.optionalInput("residual") != null;
    NormConditioning conditioning = NormConditioning.of(problem, layer);
    long columns = problem.input("x").columns();
    long rows = problem.input("x").rows();
    double scale = expected.maxAbs(tensor);
    return switch (tensor) {
      case "out.sum" -> Tolerances.SUM.of(dtype, 1, scale, conditioning.input());
      case "out.y", "out.y_without_sum" ->
          (summed ? Tolerances.NORMALIZED_SUM : Tolerances.NORMALIZED)
              .of(dtype, columns, scale, conditioning.output());
      case "out.mean" ->
          (summed ? Tolerances.STATISTIC_OF_SUM : Tolerances.STATISTIC)
              .of(dtype, columns, scale, conditioning.input());
      case "out.rstd" ->
          (summed ? Tolerances.STATISTIC_OF_SUM : Tolerances.STATISTIC)
              .of(dtype, columns, scale, conditioning.rstd());
      case "grad.x", "grad.residual" ->
          (summed ? Tolerances.NORM_GRADIENT_OF_SUM : Tolerances.NORM_GRADIENT)
              .of(dtype, columns, scale, conditioning.gradient());
      case "grad.weight" ->
          (summed ? Tolerances.NORM_WEIGHT_GRADIENT_OF_SUM : Tolerances.NORM_WEIGHT_GRADIENT)
              .ofAccumulated(dtype, rows, scale, conditioning.weightGradient());
      case "grad.bias" ->
          Tolerances.ROW_SUM.ofAccumulated(dtype, rows, scale, problem.upstream("y").maxAbs());
      default -> throw new IllegalArgumentException(tensor);
    };
  }
}
