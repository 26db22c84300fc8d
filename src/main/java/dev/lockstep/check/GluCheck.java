package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Activation;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** {@code act(gate) ⊙ up} element by element, and both gradients. */
final class GluCheck implements OpCheck {
  /** Every activation a gate may have: all but the leaky relu, which has a slope. */
  static final List<Activation> GATES =
      List.of(
          Activation.NONE,
          Activation.RELU,
          Activation.SIGMOID,
          Activation.TANH,
          Activation.SILU,
          Activation.GELU_TANH,
          Activation.GELU_ERF);

  @Override
  public String op() {
    return "glu";
  }

  /** A count with a tail after 8-element vectors, and one that fills several blocks. */
  @Override
  public List<Problem> problems(DType dtype) {
    List<Problem> problems = new ArrayList<>();
    for (Activation activation : GATES) {
      problems.add(make(dtype, activation, "", 9, 43).build());
    }
    problems.add(make(dtype, Activation.SILU, "", 40, 128).build());
    problems.add(make(dtype, Activation.SILU, "", 1, 1).build());
    problems.add(
        make(dtype, Activation.SILU, "_misaligned", 5, 16).with(Problems.MISALIGNED, true).build());
    problems.add(
        make(dtype, Activation.GELU_ERF, "_in_place", 9, 43).with("in_place", true).build());
    return problems;
  }

  private Problems make(DType dtype, Activation activation, String suffix, int... shape) {
    return new Problems(op(), dtype, activation.label() + "_" + shape[0] + "x" + shape[1] + suffix)
        .with("activation", activation.label())
        .normal("gate", 2, shape)
        .normal("up", 2, shape)
        .upstream("y", shape);
  }

  @Override
  public Answers reference(Problem problem) {
    ReferenceInputs in = new ReferenceInputs(problem, Set.of());
    Answers answers = new Answers();
    ActivationFormula formula = ActivationFormula.named(problem.attributes().text("activation"));
    in.output(answers, "y", LinearFormula.glu(in.get("gate"), in.get("up"), formula));
    return in.gradients(answers);
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    DType dtype = problem.dtype();
    long[] extents = problem.input("gate").extents();
    Activation activation = Activation.of(problem.attributes().text("activation"));
    boolean inPlace = problem.attributes().flag("in_place");
    Tensor gate =
        inPlace
            ? trial.writable("gate", dtype, problem.input("gate"))
            : trial.input("gate", dtype, problem.input("gate"));
    Tensor up =
        inPlace
            ? trial.writable("up", dtype, problem.input("up"))
            : trial.input("up", dtype, problem.input("up"));
    Tensor dY = trial.input("dY", dtype, problem.upstream("y"));
    Tensor y = trial.output("y", dtype, extents);
    Tensor dGate = inPlace ? gate : trial.output("dGate", dtype, extents);
    Tensor dUp = inPlace ? up : trial.output("dUp", dtype, extents);
    bench.swiGlu.gluForward(trial.stream(), y, gate, up, activation);
    bench.swiGlu.gluBackward(trial.stream(), dGate, dUp, dY, gate, up, activation);
    return new Answers()
        .out("y", trial.read(y))
        .grad("gate", trial.read(dGate))
        .grad("up", trial.read(dUp));
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    double scale = expected.maxAbs(tensor);
    return (tensor.equals("grad.gate") ? Tolerances.ACTIVATION_GRADIENT : Tolerances.ACTIVATION)
        .of(problem.dtype(), 1, scale, scale);
  }
}
