package dev.lockstep.check;

import dev.lockstep.nn.FeedForwardKind;
import dev.lockstep.nn.FeedForwardNetwork;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.NormKind;
import dev.lockstep.nn.NormPlacement;
import dev.lockstep.nn.OpSet;
import dev.lockstep.nn.Parameters;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Activation;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.NetworkFormula;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Two residual feed-forward blocks, a norm, a head and its cross-entropy, as {@code nn} puts them
 * together: every block's output, the loss, and the gradients of the input and all parameters.
 */
final class FfnNetCheck implements OpCheck {
  private static final int ROWS = 12;
  private static final int WIDTH = 24;
  private static final int HIDDEN = 40;
  private static final int CLASSES = 11;
  private static final int BLOCKS = 2;

  @Override
  public String op() {
    return "ffn_net";
  }

  /**
   * Every kind of block with every norm, and each norm after a block of either kind; that sizes do
   * not matter is the single ops' business. No relu where activations are rounded to 16 bits: what
   * it is given then has another sign here and there than in the reference, and its derivative is 0
   * instead of 1.
   */
  @Override
  public List<Problem> problems(DType dtype) {
    List<Problem> problems = new ArrayList<>();
    for (FeedForwardKind kind : FeedForwardKind.values()) {
      boolean relu =
          kind.activation() == Activation.RELU || kind.activation() == Activation.LEAKY_RELU;
      boolean jumps = relu && dtype != DType.F32;
      for (NormKind norm : NormKind.values()) {
        if (!jumps) {
          problems.add(make(dtype, kind, norm, NormPlacement.PRE));
        }
      }
    }
    for (NormKind norm : NormKind.values()) {
      problems.add(make(dtype, FeedForwardKind.SWIGLU, norm, NormPlacement.POST));
      problems.add(make(dtype, FeedForwardKind.GELU, norm, NormPlacement.POST));
    }
    return problems;
  }

  private Problem make(DType dtype, FeedForwardKind kind, NormKind norm, NormPlacement placement) {
    boolean pre = placement == NormPlacement.PRE;
    boolean bias = norm == NormKind.LAYERNORM;
    Problems problem =
        new Problems(op(), dtype, (pre ? "" : "post_") + norm.label() + "_" + kind.label())
            .with("order", placement.label())
            .with("norm", norm.label())
            .with("activation", kind.activation().label())
            .with("gated", kind.gated())
            .with("bias", bias)
            .with("blocks", BLOCKS)
            .with("eps", 1e-5)
            .normal("x", 1, ROWS, WIDTH)
            .indices("targets", CLASSES, ROWS)
            .upstream("loss", new HostArray(new double[] {1}, 1));
    for (int b = 0; b < BLOCKS; b++) {
      String block = "blocks." + b + ".";
      norm(problem, block + "norm", bias);
      if (kind.gated()) {
        linear(problem, block + "gate", HIDDEN, WIDTH, bias);
        linear(problem, block + "up", HIDDEN, WIDTH, bias);
        linear(problem, block + "down", WIDTH, HIDDEN, bias);
      } else {
        linear(problem, block + "fc1", HIDDEN, WIDTH, bias);
        linear(problem, block + "fc2", WIDTH, HIDDEN, bias);
      }
    }
    if (pre) {
      norm(problem, "final_norm", bias);
    }
    linear(problem, "head", CLASSES, WIDTH, bias);
    return problem.build();
  }

  private static void norm(Problems problem, String name, boolean bias) {
    problem.nearOne(name + ".weight", WIDTH);
    if (bias) {
      problem.normal(name + ".bias", 0.5, WIDTH);
    }
  }

  private static void linear(Problems problem, String name, int out, int in, boolean bias) {
    problem.normal(name + ".weight", 1 / Math.sqrt(in), out, in);
    if (bias) {
      problem.normal(name + ".bias", 0.5, out);
    }
  }

  @Override
  public Optional<String> unsupported(Problem problem) {
    return kind(problem).isEmpty()
        ? Optional.of("no block with activation " + problem.attributes().text("activation"))
        : Optional.empty();
  }

  private static Optional<FeedForwardKind> kind(Problem problem) {
    for (FeedForwardKind kind : FeedForwardKind.values()) {
      if (kind.gated() == problem.attributes().flag("gated")
          && kind.activation().label().equals(problem.attributes().text("activation"))) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }

  @Override
  public Answers reference(Problem problem) {
    Attributes attributes = problem.attributes();
    ReferenceInputs in = new ReferenceInputs(problem, Set.of("targets"));
    NetworkFormula formula =
        new NetworkFormula(
            attributes.integer("blocks"),
            attributes.text("order").equals("pre"),
            attributes.text("norm").equals("layernorm"),
            attributes.flag("gated"),
            ActivationFormula.named(attributes.text("activation")),
            attributes.number("eps"));
    NetworkFormula.Activations activations =
        formula.apply(in.all(), in.get("x"), in.get("head.weight"), in.optional("head.bias"));
    Answers answers = new Answers();
    for (int b = 0; b < activations.blocks().size(); b++) {
      in.output(answers, "blocks." + b, activations.blocks().get(b));
    }
    in.output(answers, "logits", activations.logits());
    int[] targets = problem.input("targets").ints();
    in.output(
        answers, "loss", CrossEntropyFormula.mean().loss(activations.logits(), targets).loss());
    return in.gradients(answers);
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    OpSet ops = OpSet.of(bench.library);
    LanguageModelConfig config = config(problem);
    int rows = problem.input("x").rows();
    try (Parameters parameters =
            new Parameters(bench.library, FeedForwardNetwork.specs(config), problem.dtype());
        FeedForwardNetwork network =
            new FeedForwardNetwork(config, ops, parameters, rows, trial.stream())) {
      Networks.load(problem, parameters, trial.stream());
      parameters.clearGradients(trial.stream());
      network.x().copyFrom(trial.stream(), problem.input("x").values());
      network.targets().copyFrom(trial.stream(), problem.input("targets").ints());
      Tensor upstream = trial.input("upstream", DType.F32, problem.upstream("loss"));
      Tensor loss = trial.output("loss", DType.F32, 1);

      Answers answers = new Answers();
      network.forward(trial.stream());
      answers.out("logits", trial.read(network.logits()));
      network.loss(trial.stream(), upstream);
      network.meanLoss(trial.stream(), loss);
      network.backward(trial.stream());
      network.checkIndices(trial.stream());
      for (int b = 0; b < config.blocks(); b++) {
        answers.out("blocks." + b, trial.read(network.blockOutput(b)));
      }
      answers.out("loss", trial.read(loss)).grad("x", trial.read(network.inputGradient()));
      Networks.gradients(answers, parameters, trial.stream());
      return answers;
    }
  }

  private static LanguageModelConfig config(Problem problem) {
    Attributes attributes = problem.attributes();
    Map<String, HostArray> inputs = problem.inputs();
    String first = attributes.flag("gated") ? "blocks.0.gate.weight" : "blocks.0.fc1.weight";
    return LanguageModelConfig.builder()
        .vocabulary(problem.input("head.weight").rows())
        .context(1)
        .embedding(1)
        .width(problem.input("x").columns())
        .hidden(problem.input(first).rows())
        .blocks(attributes.integer("blocks"))
        .norm(NormKind.of(attributes.text("norm")))
        .feedForward(kind(problem).orElseThrow())
        .feedForwardBias(attributes.flag("bias"))
        .headBias(inputs.containsKey("head.bias"))
        .normEpsilon(attributes.number("eps"))
        .normPlacement(NormPlacement.of(attributes.text("order")))
        .build();
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    int blocks = problem.attributes().integer("blocks");
    double scale = expected.maxAbs(tensor);
    return tensor.equals("out.loss")
        ? Networks.averageTolerance(problem.dtype(), blocks, scale)
        : Networks.tolerance(problem.dtype(), blocks, longest(problem), scale);
  }

  private static int longest(Problem problem) {
    return problem.inputs().values().stream().mapToInt(HostArray::columns).max().orElse(1);
  }
}
