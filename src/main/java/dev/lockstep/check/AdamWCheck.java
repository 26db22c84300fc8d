package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.AdamWKernel;
import dev.lockstep.ops.GlobalNorm;
import dev.lockstep.ops.StepState;
import dev.lockstep.ops.TensorTable;
import dev.lockstep.reference.AdamWFormula;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Several steps of AdamW from zero state, weights and both moments after each. */
final class AdamWCheck implements OpCheck {
  private static final int STEPS = 5;

  @Override
  public String op() {
    return "optimizer";
  }

  /**
   * Sizes: one element, a tail after 4-element vectors, several blocks. The type is that of the
   * compute copy; weights, moments and gradients are f32 always.
   */
  @Override
  public List<Problem> problems(DType dtype) {
    return List.of(
        make(dtype, "wd0.1", 0.1, 0.999, 1, 33, 1300).build(),
        make(dtype, "wd0_b0.95", 0, 0.95, 130).build(),
        make(dtype, "misaligned", 0.1, 0.999, 77).with(Problems.MISALIGNED, true).build());
  }

  private Problems make(
      DType dtype, String variant, double weightDecay, double beta2, int... counts) {
    Problems problem =
        new Problems(op(), dtype, "adamw_" + variant)
            .with("algo", "adamw")
            .with("count", counts.length)
            .with("steps", STEPS)
            .with("lr_per_step", List.of(0.01, 0.02, 0.005, 0.0, 0.01))
            .with("weight_decay", weightDecay)
            .with("beta1", 0.9)
            .with("beta2", beta2)
            .with("eps", 1e-8);
    for (int i = 0; i < counts.length; i++) {
      problem.normal("param." + i, 1, counts[i]);
      for (int k = 1; k <= STEPS; k++) {
        problem.normal("grad." + k + "." + i, 0.1, counts[i]);
      }
    }
    return problem;
  }

  @Override
  public Optional<String> unsupported(Problem problem) {
    String algorithm = problem.attributes().text("algo");
    return algorithm.equals("adamw")
        ? Optional.empty()
        : Optional.of("optimizer " + algorithm + " has no kernel");
  }

  @Override
  public Answers reference(Problem problem) {
    Attributes attributes = problem.attributes();
    AdamWFormula formula =
        new AdamWFormula(
            attributes.number("beta1"), attributes.number("beta2"), attributes.number("eps"));
    Answers answers = new Answers();
    for (int i = 0; i < attributes.integer("count"); i++) {
      double[] parameter = problem.input("param." + i).values().clone();
      AdamWFormula.State state = new AdamWFormula.State(parameter.length);
      for (int k = 1; k <= attributes.integer("steps"); k++) {
        formula.step(
            parameter,
            problem.input("grad." + k + "." + i).values(),
            state,
            attributes.numbers("lr_per_step").get(k - 1),
            attributes.number("weight_decay"));
        String step = k + "." + i;
        answers
            .out("param." + step, parameter.clone())
            .out("exp_avg." + step, state.momentum().clone())
            .out("exp_avg_sq." + step, state.variance().clone());
        if (problem.dtype() != DType.F32) {
          answers.out("copy." + step, parameter.clone());
        }
      }
    }
    return answers;
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    Attributes attributes = problem.attributes();
    int count = attributes.integer("count");
    AdamWKernel.Settings settings =
        new AdamWKernel.Settings(
            (float) attributes.number("beta1"),
            (float) attributes.number("beta2"),
            (float) attributes.number("eps"),
            (float) attributes.number("weight_decay"));
    StepState state = trial.stepState(bench.library);
    List<Weights> weights = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      weights.add(new Weights(problem, trial, i));
    }
    Answers answers = new Answers();
    for (int k = 1; k <= attributes.integer("steps"); k++) {
      List<Tensor> gradients = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        String name = "grad." + k + "." + i;
        gradients.add(trial.input(name, DType.F32, problem.input(name)));
      }
      state.setLearningRate(
          trial.stream(), attributes.numbers("lr_per_step").get(k - 1).floatValue());
      unclippedNorm(bench, trial, state, gradients);
      bench.adamW.prepare(trial.stream(), state, settings);
      for (int i = 0; i < count; i++) {
        weights.get(i).step(bench, trial, gradients.get(i), settings, state);
        weights.get(i).answer(trial, answers, k + "." + i);
      }
    }
    return answers;
  }

  /** The kernel that tells AdamW what to multiply gradients by; 0 means no clipping. */
  private static void unclippedNorm(
      Bench bench, Trial trial, StepState state, List<Tensor> gradients) {
    TensorTable table = ClipCheck.table(trial, gradients);
    Tensor workspace =
        trial.structure("workspace", DType.F32, GlobalNorm.workspaceShape(gradients));
    bench.globalNorm.compute(
        trial.stream(), null, state, workspace, table, GlobalNorm.NormType.L2, 0);
  }

  /** One parameter and its state on the device. */
  private static final class Weights {
    private final Tensor master;
    private final Tensor first;
    private final Tensor second;
    private final Optional<Tensor> copy;

    Weights(Problem problem, Trial trial, int index) {
      HostArray values = problem.input("param." + index);
      HostArray zeros = new HostArray(new double[values.count()], values.shape());
      master = trial.writable("param." + index, DType.F32, values);
      first = trial.writable("exp_avg." + index, DType.F32, zeros);
      second = trial.writable("exp_avg_sq." + index, DType.F32, zeros);
      copy =
          problem.dtype() == DType.F32
              ? Optional.empty()
              : Optional.of(trial.output("copy." + index, problem.dtype(), values.extents()));
    }

    void step(
        Bench bench, Trial trial, Tensor gradient, AdamWKernel.Settings settings, StepState state) {
      bench.adamW.step(
          trial.stream(), master, first, second, gradient, copy.orElse(null), settings, state);
    }

    void answer(Trial trial, Answers answers, String step) {
      answers
          .out("param." + step, trial.read(master))
          .out("exp_avg." + step, trial.read(first))
          .out("exp_avg_sq." + step, trial.read(second));
      copy.ifPresent(tensor -> answers.out("copy." + step, trial.read(tensor)));
    }
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    Attributes attributes = problem.attributes();
    String[] parts = tensor.split("\\.", -1);
    int step = Integer.parseInt(parts[2]);
    double scale = expected.maxAbs(tensor);
    // 1 − β of a β that was rounded to fp32 is off by u / (1 − β) of itself.
    return switch (parts[1]) {
      case "param" -> Tolerances.OPTIMIZED.of(DType.F32, step, scale, largestRate(attributes));
      case "copy" ->
          Tolerances.OPTIMIZED_COPY.of(problem.dtype(), step, scale, largestRate(attributes));
      case "exp_avg" ->
          Tolerances.MOMENT.of(DType.F32, 1, scale, scale / (1 - attributes.number("beta1")));
      case "exp_avg_sq" ->
          Tolerances.MOMENT.of(DType.F32, 1, scale, scale / (1 - attributes.number("beta2")));
      default -> throw new IllegalArgumentException(Arrays.toString(parts));
    };
  }

  /** An update is about as large as the learning rate. */
  private static double largestRate(Attributes attributes) {
    return attributes.numbers("lr_per_step").stream().mapToDouble(rate -> rate).max().orElse(0);
  }
}
