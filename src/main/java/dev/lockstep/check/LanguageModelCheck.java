package dev.lockstep.check;

import dev.lockstep.nn.FeedForwardKind;
import dev.lockstep.nn.LanguageModel;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.ModelParameters;
import dev.lockstep.nn.NormKind;
import dev.lockstep.nn.NormPlacement;
import dev.lockstep.nn.OpSet;
import dev.lockstep.nn.ParameterSpec;
import dev.lockstep.nn.Parameters;
import dev.lockstep.numeric.DType;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Variable;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The model that {@code train} trains, made small: logits, loss and the gradient of every
 * parameter, from token ids on.
 */
final class LanguageModelCheck implements OpCheck {
  private static final int ROWS = 9;

  @Override
  public String op() {
    return "language_model";
  }

  /**
   * The default kind of block; the other norm with biases; a head tied to the embedding; dropout
   * before and after the norm, in a block that computes once more what it dropped and one that does
   * not.
   */
  @Override
  public List<Problem> problems(DType dtype) {
    LanguageModelConfig swiglu = small(8, NormKind.RMSNORM, FeedForwardKind.SWIGLU, true, false);
    LanguageModelConfig tanh = small(8, NormKind.LAYERNORM, FeedForwardKind.TANH, true, false);
    return List.of(
        make(dtype, "dropout", swiglu.toBuilder().dropout(0.3).build()),
        make(
            dtype,
            "post_dropout",
            tanh.toBuilder().normPlacement(NormPlacement.POST).dropout(0.1).build()),
        make(dtype, "post", swiglu.toBuilder().normPlacement(NormPlacement.POST).build()),
        make(dtype, "default", small(8, NormKind.RMSNORM, FeedForwardKind.SWIGLU, false, false)),
        make(dtype, "biases", small(8, NormKind.LAYERNORM, FeedForwardKind.GELU, true, false)),
        make(dtype, "tied", small(24, NormKind.RMSNORM, FeedForwardKind.GEGLU, false, true)));
  }

  private static LanguageModelConfig small(
      int embedding, NormKind norm, FeedForwardKind kind, boolean bias, boolean tied) {
    return LanguageModelConfig.builder()
        .vocabulary(32)
        .context(4)
        .embedding(embedding)
        .width(24)
        .hidden(40)
        .norm(norm)
        .feedForward(kind)
        .feedForwardBias(bias)
        .headBias(!tied)
        .tiedHead(tied)
        .build();
  }

  private Problem make(DType dtype, String variant, LanguageModelConfig config) {
    Problems problem =
        new Problems(op(), dtype, variant)
            .with("config", config)
            .indices("ids", config.vocabulary(), ROWS, config.context())
            .indices("targets", config.vocabulary(), ROWS)
            .upstream("loss", new HostArray(new double[] {1}, 1));
    for (ParameterSpec spec : ModelParameters.specs(config)) {
      int[] shape = ints(spec.shape());
      if (shape.length > 1) {
        problem.normal(spec.name(), 1 / Math.sqrt(shape[1]), shape);
      } else if (spec.name().endsWith("norm.weight")) {
        problem.nearOne(spec.name(), shape);
      } else {
        problem.normal(spec.name(), 0.5, shape);
      }
    }
    return problem.build();
  }

  private static int[] ints(Shape shape) {
    return Arrays.stream(shape.extents()).mapToInt(Math::toIntExact).toArray();
  }

  @Override
  public Answers reference(Problem problem) {
    ReferenceInputs in = new ReferenceInputs(problem, Set.of("ids", "targets"));
    Variable logits =
        Networks.languageModel(config(problem), in.all(), problem.input("ids").ints());
    Answers answers = new Answers();
    in.output(answers, "logits", logits);
    int[] targets = problem.input("targets").ints();
    in.output(answers, "loss", CrossEntropyFormula.mean().loss(logits, targets).loss());
    return in.gradients(answers);
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    OpSet ops = OpSet.of(bench.library);
    LanguageModelConfig config = config(problem);
    try (Parameters parameters =
            new Parameters(bench.library, ModelParameters.specs(config), problem.dtype());
        LanguageModel model =
            new LanguageModel(config, ops, parameters, ROWS, true, trial.stream())) {
      Networks.load(problem, parameters, trial.stream());
      parameters.clearGradients(trial.stream());
      model.ids().copyFrom(trial.stream(), problem.input("ids").ints());
      model.targets().copyFrom(trial.stream(), problem.input("targets").ints());
      Tensor upstream = trial.input("upstream", DType.F32, problem.upstream("loss"));
      Tensor loss = trial.output("loss", DType.F32, 1);

      model.resetDropout(trial.stream(), Networks.DROPOUT_SEED, Networks.DROPOUT_OFFSET);
      model.forward(trial.stream());
      Answers answers = new Answers().out("logits", trial.read(model.logits()));
      model.loss(trial.stream(), upstream);
      model.meanLoss(trial.stream(), loss);
      model.backward(trial.stream());
      model.checkIndices(trial.stream());
      answers.out("loss", trial.read(loss));
      Networks.gradients(answers, parameters, trial.stream());
      return answers;
    }
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    LanguageModelConfig config = config(problem);
    // The embedding and the layer after it count as a block.
    int longest = Math.max(config.hidden(), config.context() * config.embedding());
    double scale = expected.maxAbs(tensor);
    return tensor.equals("out.loss")
        ? Networks.averageTolerance(problem.dtype(), config.blocks() + 1, scale)
        : Networks.tolerance(problem.dtype(), config.blocks() + 1, longest, scale);
  }

  private static LanguageModelConfig config(Problem problem) {
    if (problem.attributes().values().get("config") instanceof LanguageModelConfig config) {
      return config;
    }
    throw new IllegalArgumentException("case " + problem.name() + " has no model configuration");
  }
}
