package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Activation;
import dev.lockstep.ops.Gate;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.tensor.Rows;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
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

  /**
   * A count with a tail after 8-element vectors, and one that fills several blocks; halves of one
   * tensor with and without vectors.
   */
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
    problems.add(make(dtype, Activation.SILU, "_packed", 9, 43).with("packed", true).build());
    problems.add(make(dtype, Activation.GELU_TANH, "_packed", 5, 64).with("packed", true).build());
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
    HostArray gate = problem.input("gate");
    Gate kind = Gate.of(Activation.of(problem.attributes().text("activation")));
    Halves in = Halves.of(problem, trial, gate, problem.input("up"));
    Rows dY = Rows.of(trial.input("dY", dtype, problem.upstream("y")));
    Tensor y = trial.output("y", dtype, gate.extents());
    Tensor again = trial.output("y again", dtype, gate.extents());
    boolean inPlace = problem.attributes().flag("in_place");
    Tensor dGate = inPlace ? in.gate().span() : trial.output("dGate", dtype, gate.extents());
    Tensor dUp = inPlace ? in.up().span() : trial.output("dUp", dtype, gate.extents());
    Rows dGates = inPlace ? in.gate() : Rows.of(dGate);
    Rows dUps = inPlace ? in.up() : Rows.of(dUp);
    bench.swiGlu.gluForward(trial.stream(), Rows.of(y), in.gate(), in.up(), kind);
    bench.swiGlu.gluBackward(
        trial.stream(), dGates, dUps, Rows.of(again), dY, in.gate(), in.up(), kind);
    double[] first = trial.read(y);
    if (!Arrays.equals(first, trial.read(again))) {
      throw new CheckFailure("backward gave another y than forward");
    }
    return new Answers()
        .out("y", first)
        .grad("gate", trial.read(dGate))
        .grad("up", trial.read(dUp));
  }

  /** Gate and up, as two tensors or as the halves of one. */
  private record Halves(Rows gate, Rows up) {
    static Halves of(Problem problem, Trial trial, HostArray gate, HostArray up) {
      DType dtype = problem.dtype();
      if (problem.attributes().flag("packed")) {
        long cols = gate.columns();
        Rows both = Rows.of(trial.input("gate and up", dtype, sideBySide(gate, up)));
        return new Halves(both.columns(0, cols), both.columns(cols, cols));
      }
      return problem.attributes().flag("in_place")
          ? new Halves(
              Rows.of(trial.writable("gate", dtype, gate)),
              Rows.of(trial.writable("up", dtype, up)))
          : new Halves(
              Rows.of(trial.input("gate", dtype, gate)), Rows.of(trial.input("up", dtype, up)));
    }

    private static HostArray sideBySide(HostArray left, HostArray right) {
      int cols = left.columns();
      double[] both = new double[2 * left.count()];
      for (int row = 0; row < left.rows(); row++) {
        System.arraycopy(left.values(), row * cols, both, 2 * row * cols, cols);
        System.arraycopy(right.values(), row * cols, both, (2 * row + 1) * cols, cols);
      }
      return new HostArray(both, left.rows(), 2 * cols);
    }
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    double scale = expected.maxAbs(tensor);
    return (tensor.equals("grad.gate") ? Tolerances.ACTIVATION_GRADIENT : Tolerances.ACTIVATION)
        .of(problem.dtype(), 1, scale, scale);
  }
}
