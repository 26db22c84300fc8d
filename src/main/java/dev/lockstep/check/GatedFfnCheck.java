package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Activation;
import dev.lockstep.ops.BiasGradient;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.reference.Variable;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code down(act(gate(x)) ⊙ up(x))}: gate, up and product in one kernel, and all gradients. */
final class GatedFfnCheck implements OpCheck {
  /**
   * Rows, width, hidden width: the smallest; odd everywhere; one past a 64 × 64 tile both ways;
   * several tiles, all vectors.
   */
  private static final int[][] SHAPES = {{1, 1, 1}, {5, 13, 7}, {65, 40, 67}, {64, 64, 192}};

  /** As wide and as deep as the 16-bit types' large tiles are for, in all passes. */
  private static final int[] WIDE = {9, 512, 520};

  @Override
  public String op() {
    return "gated_ffn";
  }

  @Override
  public List<Problem> problems(DType dtype) {
    List<Problem> problems = new ArrayList<>();
    for (int[] shape : SHAPES) {
      problems.add(make(dtype, Activation.SILU, "", shape).build());
    }
    for (Activation activation : GluCheck.GATES) {
      problems.add(withBiases(make(dtype, activation, "_bias", 10, 24, 56), 24, 56).build());
    }
    if (dtype != DType.F32) {
      for (Activation activation : GluCheck.GATES) {
        problems.add(withBiases(make(dtype, activation, "_bias", WIDE), WIDE[1], WIDE[2]).build());
      }
    }
    problems.add(
        make(dtype, Activation.SILU, "_misaligned", 12, 32, 64)
            .with(Problems.MISALIGNED, true)
            .build());
    return problems;
  }

  private Problems make(DType dtype, Activation activation, String suffix, int... shape) {
    int m = shape[0];
    int k = shape[1];
    int h = shape[2];
    return new Problems(op(), dtype, activation.label() + "_" + m + "x" + k + "x" + h + suffix)
        .with("activation", activation.label())
        .normal("x", 1, m, k)
        .normal("gate.weight", 1 / Math.sqrt(k), h, k)
        .normal("up.weight", 1 / Math.sqrt(k), h, k)
        .normal("down.weight", 1 / Math.sqrt(h), k, h)
        .upstream("y", m, k);
  }

  private static Problems withBiases(Problems problem, int k, int h) {
    return problem.normal("gate.bias", 1, h).normal("up.bias", 1, h).normal("down.bias", 1, k);
  }

  @Override
  public Answers reference(Problem problem) {
    ReferenceInputs in = new ReferenceInputs(problem, Set.of());
    Answers answers = new Answers();
    Variable gate =
        LinearFormula.linear(in.get("x"), in.get("gate.weight"), in.optional("gate.bias"));
    Variable up = LinearFormula.linear(in.get("x"), in.get("up.weight"), in.optional("up.bias"));
    ActivationFormula formula = ActivationFormula.named(problem.attributes().text("activation"));
    Variable hidden = LinearFormula.glu(gate, up, formula);
    Variable y = LinearFormula.linear(hidden, in.get("down.weight"), in.optional("down.bias"));
    in.output(answers, "y", y);
    answers.out("h_alone", hidden.values());
    return in.gradients(answers);
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    DType dtype = problem.dtype();
    HostArray hostX = problem.input("x");
    long m = hostX.rows();
    long k = hostX.columns();
    long hidden = problem.input("gate.weight").rows();
    Activation activation = Activation.of(problem.attributes().text("activation"));

    Tensor x = trial.input("x", dtype, hostX);
    Tensor wGate = trial.input("gate.weight", dtype, problem.input("gate.weight"));
    Tensor wUp = trial.input("up.weight", dtype, problem.input("up.weight"));
    Tensor wDown = trial.input("down.weight", dtype, problem.input("down.weight"));
    Tensor bGate = bias(problem, trial, "gate.bias");
    Tensor bUp = bias(problem, trial, "up.bias");
    Tensor h = trial.output("h", dtype, m, hidden);
    Tensor gate = trial.output("gate", dtype, m, hidden);
    Tensor up = trial.output("up", dtype, m, hidden);
    Tensor y = trial.output("y", dtype, m, k);
    bench.swiGlu.forward(trial.stream(), h, gate, up, x, wGate, wUp, bGate, bUp, activation);
    // Nobody needs gate and up without a backward pass.
    Tensor alone = trial.output("h_alone", dtype, m, hidden);
    bench.swiGlu.forward(trial.stream(), alone, null, null, x, wGate, wUp, bGate, bUp, activation);
    bench.linear.forward(
        trial.stream(),
        y,
        null,
        h,
        wDown,
        bias(problem, trial, "down.bias"),
        null,
        Activation.NONE);

    Tensor dY = trial.input("dY", dtype, problem.upstream("y"));
    Tensor again = trial.output("h again", dtype, m, hidden);
    Tensor dGate = trial.output("dGate", dtype, m, hidden);
    Tensor dUp = trial.output("dUp", dtype, m, hidden);
    Tensor dX = trial.output("dX", dtype, m, k);
    BiasGradient gateBias = biasGradient(trial, "gate", dtype, m, hidden, k);
    BiasGradient upBias = biasGradient(trial, "up", dtype, m, hidden, k);
    bench.swiGlu.backward(
        trial.stream(), dGate, dUp, again, dY, wDown, gate, up, activation, gateBias, upBias);
    bench.linear.backwardInput(trial.stream(), dX, dGate, wGate, dUp, wUp);
    if (!Arrays.equals(trial.read(h), trial.read(again))) {
      throw new CheckFailure("backward gave another h than forward");
    }
    Tensor dBias = trial.accumulator("down.dBias", k);
    bench.linear.backwardBias(trial.stream(), dBias, dY);

    Answers answers =
        new Answers()
            .out("y", trial.read(y))
            .out("h_alone", trial.read(alone))
            .grad("x", trial.read(dX));
    parameterGradients(bench, trial, answers, "gate", dGate, x, gateBias.dBias());
    parameterGradients(bench, trial, answers, "up", dUp, x, upBias.dBias());
    parameterGradients(bench, trial, answers, "down", dY, again, dBias);
    return answers;
  }

  private static @Nullable Tensor bias(Problem problem, Trial trial, String name) {
    return trial.optionalInput(name, problem.dtype(), problem.optionalInput(name));
  }

  private static BiasGradient biasGradient(
      Trial trial, String layer, DType dtype, long m, long hidden, long depth) {
    Shape sums = BiasGradient.workspaceShape(dtype, m, hidden, depth);
    return new BiasGradient(
        trial.accumulator(layer + ".dBias", hidden),
        trial.output(layer + " sums", DType.F32, sums.rows(), sums.cols()));
  }

  private static void parameterGradients(
      Bench bench, Trial trial, Answers answers, String layer, Tensor dZ, Tensor x, Tensor dBias) {
    long n = dZ.shape().cols();
    Tensor dWeight = trial.accumulator(layer + ".dWeight", n, x.shape().cols());
    bench.linear.backwardWeight(trial.stream(), dWeight, dZ, x);
    answers
        .grad(layer + ".weight", trial.accumulated(dWeight))
        .grad(layer + ".bias", trial.accumulated(dBias));
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    int rows = problem.input("x").rows();
    int longest = Math.max(problem.input("x").columns(), problem.input("gate.weight").rows());
    double scale = expected.maxAbs(tensor);
    return switch (tensor) {
      case "out.y", "out.h_alone" ->
          Tolerances.GATED_OUTPUT.of(problem.dtype(), longest, scale, scale);
      case "grad.x" -> Tolerances.GATED_INPUT_GRADIENT.of(problem.dtype(), longest, scale, scale);
      default ->
          Tolerances.GATED_WEIGHT_GRADIENT.ofAccumulated(
              problem.dtype(), Math.max(rows, longest), scale, scale);
    };
  }
}
