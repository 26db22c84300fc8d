package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Activation;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Activations on their own, and their derivatives. */
final class ActivationCheck implements OpCheck {
  /**
   * One element; a count that leaves a tail after 8-element vectors; more than one block of 256
   * threads times 8 elements.
   */
  private static final int[] COUNTS = {1, 1003, 5000};

  @Override
  public String op() {
    return "activation";
  }

  @Override
  public List<Problem> problems(DType dtype) {
    List<Problem> problems = new ArrayList<>();
    for (Activation activation : Activation.values()) {
      for (int count : COUNTS) {
        problems.add(
            make(dtype, activation, "" + count).normal("x", 3, count).upstream("y", count).build());
      }
      problems.add(
          make(dtype, activation, "77_misaligned")
              .normal("x", 3, 77)
              .upstream("y", 77)
              .with(Problems.MISALIGNED, true)
              .build());
      problems.add(extremes(dtype, activation));
    }
    return problems;
  }

  /** Zeros of both signs, and numbers whose cube overflows: 0 · ∞ must not turn up. */
  private Problem extremes(DType dtype, Activation activation) {
    double huge = dtype == DType.F16 ? 65504 : 1e20;
    double[] x = {0.0, -0.0, 60, -60, 200, -200, huge, -huge, 1e-7, -1e-7};
    return make(dtype, activation, "extremes")
        .input("x", new HostArray(x, x.length))
        .upstream("y", x.length)
        .build();
  }

  private Problems make(DType dtype, Activation activation, String variant) {
    return new Problems(op(), dtype, activation.label() + "_" + variant)
        .with("activation", activation.label())
        .with("negative_slope", 0.2);
  }

  @Override
  public Answers reference(Problem problem) {
    ReferenceInputs in = new ReferenceInputs(problem, Set.of());
    Answers answers = new Answers();
    ActivationFormula formula = ActivationFormula.named(problem.attributes().text("activation"));
    in.output(answers, "y", formula.apply(in.get("x"), slope(problem)));
    return in.gradients(answers);
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    DType dtype = problem.dtype();
    HostArray hostX = problem.input("x");
    Activation activation = Activation.of(problem.attributes().text("activation"));
    Tensor x = trial.input("x", dtype, hostX);
    Tensor dY = trial.input("dY", dtype, problem.upstream("y"));
    Tensor y = trial.output("y", dtype, hostX.extents());
    Tensor dX = trial.output("dX", dtype, hostX.extents());
    bench.activations.forward(trial.stream(), y, x, activation, (float) slope(problem));
    bench.activations.backward(trial.stream(), dX, dY, x, activation, (float) slope(problem));
    return new Answers().out("y", trial.read(y)).grad("x", trial.read(dX));
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    double scale = expected.maxAbs(tensor);
    return tensor.equals("out.y")
        ? Tolerances.ACTIVATION.of(problem.dtype(), 1, scale, scale)
        : Tolerances.ACTIVATION_GRADIENT.of(
            problem.dtype(), 1, scale, problem.upstream("y").maxAbs());
  }

  private static double slope(Problem problem) {
    return problem.attributes().number("negative_slope", Activation.DEFAULT_SLOPE);
  }
}
