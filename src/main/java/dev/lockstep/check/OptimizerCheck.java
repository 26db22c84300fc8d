package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.AdamKernel;
import dev.lockstep.ops.GlobalNorm;
import dev.lockstep.ops.ParameterTable;
import dev.lockstep.ops.SgdKernel;
import dev.lockstep.ops.StepState;
import dev.lockstep.ops.TensorTable;
import dev.lockstep.reference.AdamFormula;
import dev.lockstep.reference.SgdFormula;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Several steps of an optimiser from zero state, weights and moments after each. */
final class OptimizerCheck implements OpCheck {
  private static final int STEPS = 5;

  @Override
  public String op() {
    return "optimizer";
  }

  /**
   * Sizes: one element, a tail after 4-element vectors, several warps; one just past a chunk of
   * 32768. The type is that of gradients and compute copies; weights and moments are f32 always.
   */
  @Override
  public List<Problem> problems(DType dtype) {
    return List.of(
        adam(dtype, "adamw", "wd0.1", 0.1, 0.999, 1, 33, 1300).build(),
        adam(dtype, "adamw", "wd0_b0.95", 0, 0.95, 130).build(),
        adam(dtype, "adamw", "chunks", 0.1, 0.999, 32_769, 7).build(),
        adam(dtype, "adamw", "misaligned", 0.1, 0.999, 77).with(Problems.MISALIGNED, true).build(),
        adam(dtype, "adam_l2", "wd0.1", 0.1, 0.999, 1, 33, 1300).build(),
        sgd(dtype, "plain", 0, 0, false, 1, 33, 1300).build(),
        sgd(dtype, "m0.9_d0.1", 0.9, 0.1, false, 1, 33, 1300).build(),
        sgd(dtype, "nesterov", 0.9, 0, true, 1, 33, 1300).build());
  }

  private Problems adam(
      DType dtype,
      String algorithm,
      String variant,
      double weightDecay,
      double beta2,
      int... counts) {
    return make(dtype, algorithm, variant, weightDecay, counts)
        .with("beta1", 0.9)
        .with("beta2", beta2)
        .with("eps", 1e-8);
  }

  private Problems sgd(
      DType dtype,
      String variant,
      double momentum,
      double dampening,
      boolean nesterov,
      int... counts) {
    return make(dtype, "sgd", variant, 0.1, counts)
        .with("momentum", momentum)
        .with("dampening", dampening)
        .with("nesterov", nesterov);
  }

  private Problems make(
      DType dtype, String algorithm, String variant, double weightDecay, int... counts) {
    Problems problem =
        new Problems(op(), dtype, algorithm + "_" + variant)
            .with("algo", algorithm)
            .with("count", counts.length)
            .with("steps", STEPS)
            .with("lr_per_step", List.of(0.01, 0.02, 0.005, 0.0, 0.01))
            .with("weight_decay", weightDecay);
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
    return List.of("adamw", "adam_l2", "sgd").contains(algorithm)
        ? Optional.empty()
        : Optional.of("optimizer " + algorithm + " has no kernel");
  }

  @Override
  public Answers reference(Problem problem) {
    Attributes attributes = problem.attributes();
    Answers answers = new Answers();
    for (int i = 0; i < attributes.integer("count"); i++) {
      double[] parameter = problem.input("param." + i).values().clone();
      ReferenceState state = ReferenceState.of(attributes, parameter.length);
      for (int k = 1; k <= attributes.integer("steps"); k++) {
        state.step(
            parameter,
            problem.input("grad." + k + "." + i).values(),
            attributes.numbers("lr_per_step").get(k - 1),
            attributes.number("weight_decay"));
        String step = k + "." + i;
        answers.out("param." + step, parameter.clone());
        List<String> names = moments(attributes);
        for (int m = 0; m < names.size(); m++) {
          answers.out(names.get(m) + "." + step, state.moments().get(m).clone());
        }
        if (problem.dtype() != DType.F32) {
          answers.out("copy." + step, parameter.clone());
        }
      }
    }
    return answers;
  }

  /** What the optimiser keeps of each parameter, in the order of the kernel's moments. */
  private static List<String> moments(Attributes attributes) {
    if (!attributes.text("algo").equals("sgd")) {
      return List.of("exp_avg", "exp_avg_sq");
    }
    return attributes.number("momentum") > 0 ? List.of("momentum_buffer") : List.of();
  }

  /** A formula with what it keeps of one parameter. */
  private interface ReferenceState {
    void step(double[] parameter, double[] gradient, double rate, double weightDecay);

    List<double[]> moments();

    static ReferenceState of(Attributes attributes, int count) {
      return attributes.text("algo").equals("sgd")
          ? sgd(attributes, new SgdFormula.State(count))
          : adam(attributes, new AdamFormula.State(count));
    }

    private static ReferenceState adam(Attributes attributes, AdamFormula.State state) {
      AdamFormula formula =
          new AdamFormula(
              attributes.number("beta1"),
              attributes.number("beta2"),
              attributes.number("eps"),
              attributes.text("algo").equals("adamw"));
      return new ReferenceState() {
        @Override
        public void step(double[] parameter, double[] gradient, double rate, double decay) {
          formula.step(parameter, gradient, state, rate, decay);
        }

        @Override
        public List<double[]> moments() {
          return List.of(state.momentum(), state.variance());
        }
      };
    }

    private static ReferenceState sgd(Attributes attributes, SgdFormula.State state) {
      SgdFormula formula =
          new SgdFormula(
              attributes.number("momentum"),
              attributes.number("dampening"),
              attributes.flag("nesterov"));
      return new ReferenceState() {
        @Override
        public void step(double[] parameter, double[] gradient, double rate, double decay) {
          formula.step(parameter, gradient, state, rate, decay);
        }

        @Override
        public List<double[]> moments() {
          return List.of(state.momentum());
        }
      };
    }
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    Attributes attributes = problem.attributes();
    StepState state = trial.stepState(bench.library);
    List<Weights> weights = new ArrayList<>();
    for (int i = 0; i < attributes.integer("count"); i++) {
      weights.add(new Weights(problem, trial, i));
    }
    Answers answers = new Answers();
    for (int k = 1; k <= attributes.integer("steps"); k++) {
      List<Tensor> gradients = new ArrayList<>();
      List<ParameterTable.Entry> entries = new ArrayList<>();
      for (Weights each : weights) {
        String name = "grad." + k + "." + gradients.size();
        Tensor gradient = trial.input(name, problem.dtype(), problem.input(name));
        gradients.add(gradient);
        entries.add(each.entry(gradient, (float) attributes.number("weight_decay")));
      }
      state.setLearningRate(
          trial.stream(), attributes.numbers("lr_per_step").get(k - 1).floatValue());
      measure(bench, trial, state, gradients);
      Tensor storage =
          trial.structure("parameters", DType.I32, ParameterTable.storageShape(entries));
      step(bench, trial, new ParameterTable(trial.stream(), storage, entries), attributes, state);
      for (int i = 0; i < weights.size(); i++) {
        weights.get(i).answer(trial, answers, k + "." + i);
      }
    }
    return answers;
  }

  private static void step(
      Bench bench, Trial trial, ParameterTable table, Attributes attributes, StepState state) {
    if (attributes.text("algo").equals("sgd")) {
      SgdKernel.Settings settings =
          new SgdKernel.Settings(
              (float) attributes.number("momentum"),
              (float) attributes.number("dampening"),
              attributes.flag("nesterov"));
      bench.sgd.step(trial.stream(), table, settings, state);
      return;
    }
    AdamKernel.Settings settings =
        new AdamKernel.Settings(
            (float) attributes.number("beta1"),
            (float) attributes.number("beta2"),
            (float) attributes.number("eps"),
            attributes.text("algo").equals("adamw")
                ? AdamKernel.Decay.DECOUPLED
                : AdamKernel.Decay.L2);
    bench.adam.step(trial.stream(), table, settings, state);
  }

  /** The kernel that tells optimisers what to multiply gradients by. */
  private static void measure(Bench bench, Trial trial, StepState state, List<Tensor> gradients) {
    TensorTable table = ClipCheck.table(trial, gradients);
    Tensor workspace =
        trial.structure("workspace", DType.F64, GlobalNorm.workspaceShape(gradients));
    bench.globalNorm.compute(trial.stream(), state, table, workspace, GlobalNorm.Options.measure());
  }

  /** One parameter and its state on the device. */
  private static final class Weights {
    private final Tensor master;
    private final List<String> names;
    private final List<Tensor> moments = new ArrayList<>();
    private final Optional<Tensor> copy;

    Weights(Problem problem, Trial trial, int index) {
      HostArray values = problem.input("param." + index);
      HostArray zeros = new HostArray(new double[values.count()], values.shape());
      master = trial.writable("param." + index, DType.F32, values);
      names = OptimizerCheck.moments(problem.attributes());
      names.forEach(name -> moments.add(trial.writable(name + "." + index, DType.F32, zeros)));
      copy =
          problem.dtype() == DType.F32
              ? Optional.empty()
              : Optional.of(trial.output("copy." + index, problem.dtype(), values.extents()));
    }

    ParameterTable.Entry entry(Tensor gradient, float weightDecay) {
      return new ParameterTable.Entry(master, gradient, copy.orElse(null), moments, weightDecay);
    }

    void answer(Trial trial, Answers answers, String step) {
      answers.out("param." + step, trial.read(master));
      for (int i = 0; i < names.size(); i++) {
        answers.out(names.get(i) + "." + step, trial.read(moments.get(i)));
      }
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
      case "momentum_buffer" ->
          Tolerances.MOMENT.of(DType.F32, 1, scale, scale / (1 - attributes.number("momentum")));
      default -> throw new IllegalArgumentException(Arrays.toString(parts));
    };
  }

  /** An update is about as large as the learning rate. */
  private static double largestRate(Attributes attributes) {
    return attributes.numbers("lr_per_step").stream().mapToDouble(rate -> rate).max().orElse(0);
  }
}
