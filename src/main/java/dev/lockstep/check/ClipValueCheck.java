package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.TensorTable;
import dev.lockstep.reference.ClipFormula;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Gradients clipped element by element: nothing is rounded, so nothing may differ. */
final class ClipValueCheck implements OpCheck {
  @Override
  public String op() {
    return "clip_grad_value";
  }

  /** Sizes: one element, a head and a tail around vectors, one past a chunk of 32768. */
  @Override
  public List<Problem> problems(DType dtype) {
    return List.of(
        make(dtype, "bounded", 1, 33, 32_769).build(),
        make(dtype, "misaligned", 77).with(Problems.MISALIGNED, true).build(),
        make(dtype, "special", 5)
            .exactInput(
                "g1",
                new HostArray(
                    new double[] {
                      Double.NaN,
                      Double.POSITIVE_INFINITY,
                      Double.NEGATIVE_INFINITY,
                      -0.0,
                      0.5,
                      -0.5
                    },
                    6))
            .build());
  }

  private Problems make(DType dtype, String variant, int... counts) {
    Problems problem = new Problems(op(), dtype, variant).with("clip_value", 0.5);
    for (int i = 0; i < counts.length; i++) {
      problem.normal("g" + i, 1, counts[i]);
    }
    return problem;
  }

  @Override
  public Answers reference(Problem problem) {
    double bound = problem.attributes().number("clip_value");
    Answers answers = new Answers();
    problem
        .inputs()
        .forEach((name, g) -> answers.out(name, ClipFormula.clamped(g.values(), bound)));
    return answers;
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    List<Tensor> gradients = new ArrayList<>();
    problem.inputs().forEach((name, g) -> gradients.add(trial.writable(name, problem.dtype(), g)));
    TensorTable table = ClipCheck.table(trial, gradients);
    bench.clipping.byValue(
        trial.stream(), table, (float) problem.attributes().number("clip_value"));
    Answers answers = new Answers();
    int index = 0;
    for (String name : problem.inputs().keySet()) {
      answers.out(name, trial.read(gradients.get(index++)));
    }
    return answers;
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    return Tolerances.EXACT.of(problem.dtype(), 1, 1, 1);
  }
}
