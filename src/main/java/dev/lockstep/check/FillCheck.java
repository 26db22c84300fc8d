package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Setting every element to one value. */
final class FillCheck implements OpCheck {
  @Override
  public String op() {
    return "fill";
  }

  /** One element; a tail after the vectors, from an odd address; several blocks. */
  @Override
  public List<Problem> problems(DType dtype) {
    return List.of(
        make(dtype, 1, 0.1).build(),
        make(dtype, 77, -3.3).with(Problems.MISALIGNED, true).build(),
        make(dtype, 5000, 1e-3).build());
  }

  private Problems make(DType dtype, int count, double value) {
    return new Problems(op(), dtype, count + "_of_" + value)
        .with("count", count)
        .with("value", value);
  }

  @Override
  public Answers reference(Problem problem) {
    double[] y = new double[problem.attributes().integer("count")];
    Arrays.fill(y, problem.dtype().round((float) problem.attributes().number("value")));
    return new Answers().out("y", y);
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    Tensor y = trial.output("y", problem.dtype(), problem.attributes().integer("count"));
    bench.fill.fill(trial.stream(), y, (float) problem.attributes().number("value"));
    return new Answers().out("y", trial.read(y));
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    return Tolerances.EXACT.of(problem.dtype(), 1, 0, 0);
  }
}
