package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.MeanSquaredError;
import dev.lockstep.reference.CrossEntropyFormula.Reduction;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.SquaredErrorFormula;
import dev.lockstep.reference.Variable;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Squared error: the loss and the gradients of both sides from one pass. */
final class SquaredErrorCheck implements OpCheck {
  /** The smallest; odd; a tail after vectors; two chunks of 8192 and a bit. */
  private static final int[][] SHAPES = {{1, 1}, {9, 7}, {40, 128}, {67, 245}};

  @Override
  public String op() {
    return "mse";
  }

  @Override
  public List<Problem> problems(DType dtype) {
    List<Problem> problems = new ArrayList<>();
    for (int[] shape : SHAPES) {
      for (Reduction reduction : Reduction.values()) {
        problems.add(make(dtype, reduction, "", shape).build());
      }
    }
    problems.add(
        make(dtype, Reduction.MEAN, "_misaligned", 5, 129).with(Problems.MISALIGNED, true).build());
    for (Reduction reduction : Reduction.values()) {
      problems.add(make(dtype, reduction, "_in_place", 5, 129).with("in_place", true).build());
    }
    return problems;
  }

  private Problems make(DType dtype, Reduction reduction, String suffix, int... shape) {
    String label = reduction.name().toLowerCase(Locale.ROOT);
    Problems problem =
        new Problems(op(), dtype, shape[0] + "x" + shape[1] + "_" + label + suffix)
            .with("reduction", label)
            .normal("input", 1, shape)
            .normal("target", 1, shape);
    return reduction == Reduction.NONE
        ? problem.upstream("loss", shape)
        : problem.upstream("loss", new HostArray(new double[] {64}, 1));
  }

  @Override
  public Answers reference(Problem problem) {
    ReferenceInputs in = new ReferenceInputs(problem, Set.of());
    Answers answers = new Answers();
    Variable elements = SquaredErrorFormula.elements(in.get("input"), in.get("target"));
    Variable loss =
        switch (reduction(problem)) {
          case NONE -> elements;
          case SUM -> Primitives.sum(elements);
          case MEAN -> Primitives.mean(elements);
        };
    in.output(answers, "loss", loss);
    return in.gradients(answers);
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    DType dtype = problem.dtype();
    long[] extents = problem.input("input").extents();
    boolean inPlace = problem.attributes().flag("in_place");
    Tensor input = trial.writable("input", dtype, problem.input("input"));
    Tensor target = trial.writable("target", dtype, problem.input("target"));
    Tensor dInput = inPlace ? input : trial.output("dInput", dtype, extents);
    Tensor dTarget = inPlace ? target : trial.output("dTarget", dtype, extents);
    HostArray hostUpstream = problem.upstream("loss");
    Tensor loss;
    if (reduction(problem) == Reduction.NONE) {
      loss = trial.output("loss", dtype, extents);
      Tensor upstream = trial.input("upstream", dtype, hostUpstream);
      bench.meanSquaredError.elementwise(
          trial.stream(), loss, dInput, dTarget, input, target, upstream);
    } else {
      loss = trial.output("loss", DType.F32, 1);
      Tensor upstream = trial.input("upstream", DType.F32, hostUpstream);
      Tensor workspace =
          trial.output(
              "workspace", DType.F32, MeanSquaredError.workspaceShape(input.shape()).extents());
      bench.meanSquaredError.reduced(
          trial.stream(),
          loss,
          dInput,
          dTarget,
          workspace,
          input,
          target,
          upstream,
          reduction(problem) == Reduction.MEAN);
    }
    return new Answers()
        .out("loss", trial.read(loss))
        .grad("input", trial.read(dInput))
        .grad("target", trial.read(dTarget));
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    double scale = expected.maxAbs(tensor);
    if (!tensor.equals("out.loss")) {
      return Tolerances.SQUARED_ERROR_GRADIENT.of(problem.dtype(), 1, scale, scale);
    }
    return reduction(problem) == Reduction.NONE
        ? Tolerances.SQUARED_ERROR.of(problem.dtype(), 1, scale, scale)
        : Tolerances.SQUARED_ERROR_SUM.of(DType.F32, problem.input("input").count(), scale, scale);
  }

  private static Reduction reduction(Problem problem) {
    return Reduction.valueOf(problem.attributes().text("reduction").toUpperCase(Locale.ROOT));
  }
}
