package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.LinearCrossEntropy.Gradients;
import dev.lockstep.ops.LinearCrossEntropy.Inputs;
import dev.lockstep.ops.LogitChunks;
import dev.lockstep.ops.SoftmaxCrossEntropy.Options;
import dev.lockstep.ops.SoftmaxCrossEntropy.Outputs;
import dev.lockstep.ops.StatusWord;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.CrossEntropyFormula.Reduction;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.reference.Variable;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Cross-entropy of {@code x Wᵀ + b} in chunks of rows: loss, and all gradients behind it. */
final class LinearCrossEntropyCheck implements OpCheck {
  private static final int IGNORED = -100;

  /**
   * Rows, inputs, classes, rows that fit in a chunk: one of everything; a chunk for each row, odd;
   * a last chunk shorter than the others, vocabularies by vectors and by elements; chunks of a
   * tile's rows and a rest; one chunk, in the largest tiles.
   */
  private static final int[][] SHAPES = {
    {1, 1, 1, 1},
    {5, 13, 7, 1},
    {8, 24, 256, 3},
    {7, 40, 129, 2},
    {300, 16, 40, 128},
    {6, 256, 520, 6}
  };

  @Override
  public String op() {
    return "linear_cross_entropy";
  }

  @Override
  public List<Problem> problems(DType dtype) {
    List<Problem> problems = new ArrayList<>();
    for (int[] shape : SHAPES) {
      for (Reduction reduction : Reduction.values()) {
        problems.add(make(dtype, reduction, shape, "").build());
      }
    }
    int[] shape = {8, 24, 130, 3};
    double[] weights = new double[110];
    Arrays.setAll(weights, i -> i % 5 / 2.0);
    problems.add(
        make(dtype, Reduction.MEAN, shape, "_all_options")
            .with("label_smoothing", 0.1)
            .with("z_loss", 1e-3)
            .with("soft_cap", 4)
            .with("classes", 110)
            .exactInput("targets", HostArray.of(targets(8, 110), 8))
            .exactInput("classWeights", new HostArray(weights, 110))
            .build());
    problems.add(
        make(dtype, Reduction.MEAN, shape, "_misaligned").with(Problems.MISALIGNED, true).build());
    int[] first = {IGNORED, IGNORED, IGNORED, 5, IGNORED, 129, 0, IGNORED};
    problems.add(
        make(dtype, Reduction.MEAN, shape, "_first_chunk_ignored")
            .exactInput("targets", HostArray.of(first, 8))
            .build());
    return problems;
  }

  private Problems make(DType dtype, Reduction reduction, int[] shape, String suffix) {
    int m = shape[0];
    int k = shape[1];
    int v = shape[2];
    String label = reduction.name().toLowerCase(Locale.ROOT);
    String variant = "%dx%d_to_%d_by_%d_%s%s".formatted(m, k, v, shape[3], label, suffix);
    Problems problem =
        new Problems(op(), dtype, variant)
            .with("reduction", label)
            .with("chunk", shape[3])
            .normal("x", 1, m, k)
            .normal("weight", 1 / Math.sqrt(k), v, k)
            .normal("bias", 1, v)
            .exactInput("targets", HostArray.of(targets(m, v), m));
    return reduction == Reduction.NONE
        ? problem.upstream("loss", m)
        : problem.upstream("loss", new HostArray(new double[] {1}, 1));
  }

  /** Every third row ignored but the first; the others spread over all classes. */
  private static int[] targets(int rows, int classes) {
    int[] targets = new int[rows];
    Arrays.setAll(targets, r -> r % 3 == 2 ? IGNORED : (int) (r * 7919L % classes));
    return targets;
  }

  @Override
  public Answers reference(Problem problem) {
    ReferenceInputs in = new ReferenceInputs(problem, Set.of("targets", "classWeights"));
    Answers answers = new Answers();
    Variable logits = LinearFormula.linear(in.get("x"), in.get("weight"), in.get("bias"));
    CrossEntropyFormula formula =
        new CrossEntropyFormula(
            reduction(problem),
            IGNORED,
            number(problem, "label_smoothing", 0),
            number(problem, "z_loss", 0),
            number(problem, "soft_cap", Double.POSITIVE_INFINITY),
            classes(problem));
    HostArray weights = problem.inputs().get("classWeights");
    CrossEntropyFormula.Loss loss =
        formula.loss(
            logits, problem.input("targets").ints(), weights == null ? null : weights.values());
    in.output(answers, "loss", loss.loss());
    answers.out("loss_alone", loss.loss().values());
    in.output(answers, "lse", loss.lse());
    return in.gradients(answers);
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    DType dtype = problem.dtype();
    HostArray hostX = problem.input("x");
    HostArray hostWeight = problem.input("weight");
    long rows = hostX.rows();
    long classes = hostWeight.rows();
    Options options =
        Options.defaults()
            .withLabelSmoothing((float) number(problem, "label_smoothing", 0))
            .withZLoss((float) number(problem, "z_loss", 0))
            .withSoftCap((float) number(problem, "soft_cap", Double.POSITIVE_INFINITY))
            .withClasses(classes(problem));
    HostArray hostWeights = problem.inputs().get("classWeights");
    Inputs inputs =
        new Inputs(
            trial.input("x", dtype, hostX),
            trial.input("weight", dtype, hostWeight),
            trial.input("bias", dtype, problem.input("bias")),
            trial.input("targets", DType.I32, problem.input("targets")),
            hostWeights == null ? null : trial.input("classWeights", DType.F32, hostWeights));
    long budget = problem.attributes().integer("chunk") * classes * dtype.byteSize();
    LogitChunks chunks = LogitChunks.of(rows, classes, dtype, budget);
    Tensor workspace = trial.output("workspace", dtype, chunks.workspaceShape().extents());
    Tensor losses = trial.output("losses", DType.F32, rows);
    Tensor lse = trial.output("lse", DType.F32, rows);
    Tensor dX = trial.output("dX", dtype, hostX.extents());
    Tensor dWeight = trial.accumulator("dWeight", classes, hostX.columns());
    Tensor dBias = trial.accumulator("dBias", classes);
    StatusWord status = trial.statusWord();
    Gradients gradients = gradients(problem, bench, trial, inputs, options, dX, dWeight, dBias);
    bench.linearCrossEntropy.fused(
        trial.stream(),
        Outputs.of(losses).withLogSumExp(lse),
        gradients,
        inputs,
        options,
        chunks,
        workspace,
        status);
    Tensor alone = trial.output("losses_alone", DType.F32, rows);
    bench.linearCrossEntropy.forward(
        trial.stream(), Outputs.of(alone), inputs, options, chunks, workspace, status);
    double[] loss = reduced(problem, bench, trial, losses, inputs, options);
    double[] lossAlone = reduced(problem, bench, trial, alone, inputs, options);
    status.check(trial.stream());
    return new Answers()
        .out("loss", loss)
        .out("loss_alone", lossAlone)
        .out("lse", trial.read(lse))
        .grad("x", trial.read(dX))
        .grad("weight", trial.accumulated(dWeight))
        .grad("bias", trial.accumulated(dBias));
  }

  private static Gradients gradients(
      Problem problem,
      Bench bench,
      Trial trial,
      Inputs inputs,
      Options options,
      Tensor dX,
      Tensor dWeight,
      Tensor dBias) {
    Tensor upstream = trial.input("upstream", DType.F32, problem.upstream("loss"));
    Tensor one = trial.input("one", DType.F32, new HostArray(new double[] {1}, 1));
    return switch (reduction(problem)) {
      case NONE -> new Gradients(dX, dWeight, dBias, one, upstream);
      case SUM -> new Gradients(dX, dWeight, dBias, upstream, null);
      case MEAN -> {
        Tensor scale = trial.output("gradScale", DType.F32, 1);
        bench.crossEntropy.scale(
            trial.stream(), scale, inputs.targets(), inputs.classWeights(), upstream, options);
        yield new Gradients(dX, dWeight, dBias, scale, null);
      }
    };
  }

  /** One loss for all rows, where they are not to be kept apart. */
  private static double[] reduced(
      Problem problem, Bench bench, Trial trial, Tensor losses, Inputs inputs, Options options) {
    Reduction reduction = reduction(problem);
    if (reduction == Reduction.NONE) {
      return trial.read(losses);
    }
    Tensor loss = trial.output("loss", DType.F32, 1);
    bench.crossEntropy.reduce(
        trial.stream(),
        loss,
        losses,
        inputs.targets(),
        inputs.classWeights(),
        options,
        reduction == Reduction.MEAN);
    return trial.read(loss);
  }

  /**
   * An error of a logit is a relative error of probabilities, so that gradients have it in
   * proportion to the logits' size.
   */
  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    DType dtype = problem.dtype();
    HostArray x = problem.input("x");
    HostArray weight = problem.input("weight");
    double scale = expected.maxAbs(tensor);
    double terms = Math.max(x.maxAbs() * weight.maxAbs(), problem.input("bias").maxAbs());
    double size = Math.max(1, Math.max(terms, expected.maxAbs("out.lse")));
    HostArray weights = problem.inputs().get("classWeights");
    double heaviest = weights == null ? 1 : Math.max(1, weights.maxAbs());
    double withZ = heaviest * size * (1 + number(problem, "z_loss", 0) * size);
    long rows = x.rows();
    long length = Math.max(x.columns(), weight.rows());
    double upstream = problem.upstream("loss").maxAbs();
    // Rows share out the upstream gradient of a mean.
    double ofAllRows = reduction(problem) == Reduction.MEAN ? upstream : rows * upstream;
    return switch (tensor) {
      case "out.lse" -> Tolerances.LINEAR_CROSS_ENTROPY.of(dtype, length, scale, size);
      case "out.loss", "out.loss_alone" ->
          Tolerances.LINEAR_CROSS_ENTROPY.of(
              dtype,
              length * rows,
              scale,
              reduction(problem) == Reduction.SUM ? withZ * rows : withZ);
      case "grad.x" ->
          Tolerances.LINEAR_CROSS_ENTROPY_GRADIENT.of(
              dtype, length, scale, 2 * upstream * withZ * weight.maxAbs());
      case "grad.weight" ->
          Tolerances.LINEAR_CROSS_ENTROPY_WEIGHT_GRADIENT.ofAccumulated(
              dtype, rows, scale, ofAllRows * withZ * x.maxAbs());
      case "grad.bias" ->
          Tolerances.LINEAR_CROSS_ENTROPY_WEIGHT_GRADIENT.ofAccumulated(
              dtype, rows, scale, ofAllRows * withZ);
      default -> throw new IllegalArgumentException(tensor);
    };
  }

  private static double number(Problem problem, String attribute, double otherwise) {
    return problem.attributes().number(attribute, otherwise);
  }

  private static int classes(Problem problem) {
    return (int) number(problem, "classes", Options.ALL_COLUMNS);
  }

  private static Reduction reduction(Problem problem) {
    return Reduction.valueOf(problem.attributes().text("reduction").toUpperCase(Locale.ROOT));
  }
}
