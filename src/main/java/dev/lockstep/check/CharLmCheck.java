package dev.lockstep.check;

import dev.lockstep.nn.FeedForwardKind;
import dev.lockstep.nn.LanguageModel;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.ModelParameters;
import dev.lockstep.nn.NormKind;
import dev.lockstep.nn.OpSet;
import dev.lockstep.nn.Parameters;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.StepState;
import dev.lockstep.optim.AdamW;
import dev.lockstep.optim.GradientClipper;
import dev.lockstep.optim.WeightDecayScope;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A whole training run of a small language model: losses and gradient norms of all steps, gradients
 * and weights of the first, weights after the last. Golden only: 50 steps of PyTorch's.
 */
final class CharLmCheck implements OpCheck {
  @Override
  public String op() {
    return "char_lm_training";
  }

  @Override
  public List<Problem> problems(DType dtype) {
    return List.of();
  }

  @Override
  public Optional<String> unsupported(Problem problem) {
    return scope(problem).isEmpty()
        ? Optional.of("weight decay other than of all parameters or of matrices")
        : Optional.empty();
  }

  /** The scope that gives every parameter the decay the case says, if one does. */
  private static Optional<WeightDecayScope> scope(Problem problem) {
    Map<String, Double> decay = problem.attributes().table("weight_decay");
    double largest = decay.values().stream().mapToDouble(value -> value).max().orElse(0);
    boolean all = decay.values().stream().allMatch(value -> value == largest);
    boolean matrices =
        decay.entrySet().stream()
            .allMatch(
                entry -> entry.getValue() == (isMatrix(problem, entry.getKey()) ? largest : 0));
    return all
        ? Optional.of(WeightDecayScope.ALL)
        : matrices ? Optional.of(WeightDecayScope.MATRICES) : Optional.empty();
  }

  private static boolean isMatrix(Problem problem, String parameter) {
    return !parameter.equals("emb.weight") && problem.input(parameter).shape().length == 2;
  }

  static LanguageModelConfig config(Problem problem) {
    Attributes attributes = problem.attributes();
    return LanguageModelConfig.builder()
        .vocabulary(attributes.integer("vocab"))
        .context(attributes.integer("context"))
        .embedding(attributes.integer("embed"))
        .width(attributes.integer("d_model"))
        .hidden(attributes.integer("hidden"))
        .blocks(attributes.integer("blocks"))
        .norm(NormKind.RMSNORM)
        .feedForward(FeedForwardKind.SWIGLU)
        .feedForwardBias(false)
        .headBias(false)
        .tiedHead(attributes.flag("tied"))
        .normEpsilon(attributes.number("norm_eps"))
        .build();
  }

  /** Row {@code step} of an input with one row per step. */
  static int[] ofStep(Problem problem, String input, int step) {
    int perStep = problem.input(input).count() / problem.attributes().integer("steps");
    int[] all = problem.input(input).ints();
    return Arrays.copyOfRange(all, step * perStep, (step + 1) * perStep);
  }

  @Override
  public Answers reference(Problem problem) {
    return new ReferenceTraining(problem).run();
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    Attributes attributes = problem.attributes();
    LanguageModelConfig config = config(problem);
    OpSet ops = OpSet.of(bench.library);
    int rows = attributes.integer("batch");
    AdamW.Config settings =
        new AdamW.Config(
            attributes.number("beta1"),
            attributes.number("beta2"),
            attributes.number("adam_eps"),
            attributes.table("weight_decay").values().stream()
                .mapToDouble(value -> value)
                .max()
                .orElse(0),
            scope(problem).orElseThrow());
    try (Parameters parameters =
            new Parameters(bench.library, ModelParameters.specs(config), problem.dtype());
        LanguageModel model =
            new LanguageModel(config, ops, parameters, rows, true, trial.stream());
        GradientClipper clipper =
            new GradientClipper(
                bench.library, parameters, attributes.number("clip_max_norm"), trial.stream());
        AdamW optimizer = new AdamW(bench.library, parameters, settings, trial.stream())) {
      Networks.load(problem, parameters, trial.stream());
      return new Run(problem, bench, trial, parameters, model, clipper, optimizer).answers();
    }
  }

  /** The training loop on the device. */
  private record Run(
      Problem problem,
      Bench bench,
      Trial trial,
      Parameters parameters,
      LanguageModel model,
      GradientClipper clipper,
      AdamW optimizer) {
    Answers answers() {
      Attributes attributes = problem.attributes();
      HostArray one = new HostArray(new double[] {1}, 1);
      Tensor upstream = trial.input("upstream", DType.F32, one);
      Tensor loss = trial.output("loss", DType.F32, 1);
      StepState state = trial.stepState(bench.library);
      int steps = attributes.integer("steps");
      double[] losses = new double[steps];
      double[] norms = new double[steps];
      Answers answers = new Answers();
      for (int step = 0; step < steps; step++) {
        parameters.clearGradients(trial.stream());
        losses[step] = loss(step, upstream, loss);
        model.backward(trial.stream());
        if (step == 0) {
          put(answers, "step1.grad.", parameters.gradients());
        }
        state.setLearningRate(
            trial.stream(), attributes.numbers("lr_per_step").get(step).floatValue());
        clipper.measure(trial.stream(), state);
        optimizer.step(trial.stream(), state);
        norms[step] = state.read(trial.stream()).norm();
        if (step == 0) {
          put(answers, "step1.param.", parameters.masters());
        }
      }
      put(answers, "final.", parameters.masters());
      return answers
          .out("losses", losses)
          .out("grad_norms", norms)
          .out("loss_after", loss(0, upstream, loss));
    }

    private double loss(int step, Tensor upstream, Tensor loss) {
      model.ids().copyFrom(trial.stream(), ofStep(problem, "ids", step));
      model.targets().copyFrom(trial.stream(), ofStep(problem, "targets", step));
      model.forward(trial.stream());
      model.loss(trial.stream(), upstream);
      model.meanLoss(trial.stream(), loss);
      model.checkIndices(trial.stream());
      return trial.read(loss)[0];
    }

    private void put(Answers answers, String prefix, Tensor flat) {
      parameters
          .read(trial.stream(), flat)
          .forEach((name, values) -> answers.out(prefix + name, Networks.doubles(values)));
    }
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    LanguageModelConfig config = config(problem);
    int longest = Math.max(config.hidden(), config.context() * config.embedding());
    double scale = expected.maxAbs(tensor);
    boolean average = tensor.contains("loss") || tensor.equals("out.grad_norms");
    double one =
        average
            ? Networks.averageTolerance(problem.dtype(), config.blocks() + 1, scale)
            : Networks.tolerance(problem.dtype(), config.blocks() + 1, longest, scale);
    // Each step starts from weights that carry the errors of those before.
    boolean first = tensor.startsWith("out.step1.");
    return first ? one : one * Math.sqrt(problem.attributes().integer("steps"));
  }
}
