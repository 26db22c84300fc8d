package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.SoftmaxCrossEntropy;
import dev.lockstep.ops.SoftmaxCrossEntropy.Outputs;
import dev.lockstep.ops.StatusWord;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.CrossEntropyFormula.Reduction;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Softmax cross-entropy: loss, log-sum-exp and the logits' gradient from one pass. */
final class CrossEntropyCheck implements OpCheck {
  private static final int IGNORED = -100;

  /**
   * Rows, classes. One warp per row up to 128 classes, a block of up to 512 threads beyond; 16-byte
   * loads where a row starts aligned.
   */
  private static final int[][] SHAPES = {
    {1, 1}, // softmax of one class is 1: loss and gradient are 0
    {5, 7}, // less than a warp, no row but the first aligned
    {3, 256}, // a byte vocabulary
    {300, 129}, // more rows than a GPU has multiprocessors; two warps
    {2, 5003}, // several passes of a full block of 512 threads; odd
    {2, 20_488}, // the same by vectors of eight
  };

  @Override
  public String op() {
    return "cross_entropy";
  }

  @Override
  public List<Problem> problems(DType dtype) {
    List<Problem> problems = new ArrayList<>();
    for (int[] shape : SHAPES) {
      for (Reduction reduction : Reduction.values()) {
        problems.add(make(dtype, reduction, shape, 0, 0, 3, "").build());
      }
      problems.add(make(dtype, Reduction.MEAN, shape, 0.1, 1e-3, 3, "").build());
    }
    int[] wide = {4, 130};
    problems.add(make(dtype, Reduction.MEAN, wide, 0.1, 1e-3, 80, "_wide").build());
    problems.add(
        make(dtype, Reduction.MEAN, wide, 0, 0, 3, "_statistics").with("statistics", true).build());
    for (Reduction reduction : Reduction.values()) {
      problems.add(weighted(make(dtype, reduction, wide, 0.1, 0, 3, "_weighted"), 130).build());
    }
    problems.add(
        make(dtype, Reduction.SUM, wide, 0, 1e-3, 3, "_capped").with("soft_cap", 2).build());
    HostArray below70 = HostArray.of(new int[] {0, 69, IGNORED, 5}, 4);
    problems.add(
        make(dtype, Reduction.MEAN, wide, 0, 0, 3, "_padded")
            .exactInput("targets", below70)
            .with("classes", 70)
            .build());
    problems.add(
        weighted(make(dtype, Reduction.MEAN, wide, 0.1, 1e-3, 3, "_all_options"), 70)
            .exactInput("targets", below70)
            .with("classes", 70)
            .with("soft_cap", 4)
            .with("statistics", true)
            .build());
    problems.add(
        make(dtype, Reduction.MEAN, wide, 0, 0, 3, "_misaligned")
            .with(Problems.MISALIGNED, true)
            .build());
    problems.add(
        make(dtype, Reduction.SUM, wide, 0.1, 0, 3, "_in_place").with("in_place", true).build());
    problems.add(
        make(dtype, Reduction.MEAN, wide, 0, 0, 3, "_loss_scale")
            .upstream("loss", new HostArray(new double[] {1024}, 1))
            .build());
    int[] allIgnored = new int[4];
    Arrays.fill(allIgnored, IGNORED);
    problems.add(
        make(dtype, Reduction.MEAN, wide, 0.1, 0, 3, "_all_ignored")
            .exactInput("targets", HostArray.of(allIgnored, 4))
            .build());
    return problems;
  }

  private Problems make(
      DType dtype,
      Reduction reduction,
      int[] shape,
      double smoothing,
      double zLoss,
      double deviation,
      String suffix) {
    int rows = shape[0];
    String label = reduction.name().toLowerCase(Locale.ROOT);
    String options = (smoothing == 0 ? "" : "_smooth") + (zLoss == 0 ? "" : "_z");
    Problems problem =
        new Problems(op(), dtype, rows + "x" + shape[1] + "_" + label + options + suffix)
            .with("reduction", label)
            .with("ignore_index", IGNORED)
            .with("label_smoothing", smoothing)
            .with("z_loss", zLoss)
            .normal("logits", deviation, shape)
            .exactInput("targets", HostArray.of(targets(rows, shape[1]), rows));
    return reduction == Reduction.NONE
        ? problem.upstream("loss", rows)
        : problem.upstream("loss", new HostArray(new double[] {1}, 1));
  }

  /** With a weight for each class, some of them 0. */
  private static Problems weighted(Problems problem, int classes) {
    double[] weights = new double[classes];
    Arrays.setAll(weights, i -> i % 5 / 2.0);
    return problem.exactInput("weight", new HostArray(weights, classes));
  }

  /** Every third row ignored but the first; the others spread over all classes. */
  private static int[] targets(int rows, int classes) {
    int[] targets = new int[rows];
    for (int r = 0; r < rows; r++) {
      targets[r] = r % 3 == 2 ? IGNORED : (int) (r * 7919L % classes);
    }
    return targets;
  }

  @Override
  public Answers reference(Problem problem) {
    ReferenceInputs in = new ReferenceInputs(problem, Set.of("targets", "weight"));
    Answers answers = new Answers();
    CrossEntropyFormula formula =
        new CrossEntropyFormula(
            reduction(problem),
            problem.attributes().integer("ignore_index"),
            problem.attributes().number("label_smoothing"),
            problem.attributes().number("z_loss"),
            softCap(problem),
            classes(problem));
    HostArray weights = problem.inputs().get("weight");
    CrossEntropyFormula.Loss loss =
        formula.loss(
            in.get("logits"),
            problem.input("targets").ints(),
            weights == null ? null : weights.values());
    in.output(answers, "loss", loss.loss());
    answers.out("loss_alone", loss.loss().values());
    in.output(answers, "lse", loss.lse());
    if (problem.attributes().flag("statistics")) {
      answers.out("entropy", loss.entropies());
    }
    return in.gradients(answers);
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    DType dtype = problem.dtype();
    HostArray hostLogits = problem.input("logits");
    long rows = hostLogits.rows();
    Reduction reduction = reduction(problem);
    SoftmaxCrossEntropy.Options options =
        SoftmaxCrossEntropy.Options.defaults()
            .withIgnoreIndex(problem.attributes().integer("ignore_index"))
            .withLabelSmoothing((float) problem.attributes().number("label_smoothing"))
            .withZLoss((float) problem.attributes().number("z_loss"))
            .withSoftCap((float) softCap(problem))
            .withClasses(classes(problem));
    boolean inPlace = problem.attributes().flag("in_place");
    Tensor logits =
        inPlace
            ? trial.writable("logits", dtype, hostLogits)
            : trial.input("logits", dtype, hostLogits);
    Tensor dLogits = inPlace ? logits : trial.output("dLogits", dtype, hostLogits.extents());
    Tensor targets = trial.input("targets", DType.I32, problem.input("targets"));
    Tensor losses = trial.output("losses", DType.F32, rows);
    Tensor lse = trial.output("lse", DType.F32, rows);
    Outputs outputs = Outputs.of(losses).withGradient(dLogits).withLogSumExp(lse);
    boolean statistics = problem.attributes().flag("statistics");
    Tensor entropies = statistics ? trial.output("entropies", DType.F32, rows) : losses;
    if (statistics) {
      outputs = outputs.withEntropies(entropies);
    }
    HostArray hostWeights = problem.inputs().get("weight");
    Tensor weights = hostWeights == null ? null : trial.input("weight", DType.F32, hostWeights);
    StatusWord status = trial.statusWord();

    Tensor upstream = trial.input("upstream", DType.F32, problem.upstream("loss"));
    Tensor one = trial.input("one", DType.F32, new HostArray(new double[] {1}, 1));
    boolean perRow = reduction == Reduction.NONE;
    Tensor gradScale = perRow ? one : upstream;
    if (reduction == Reduction.MEAN) {
      gradScale = trial.output("gradScale", DType.F32, 1);
      bench.crossEntropy.scale(trial.stream(), gradScale, targets, weights, upstream, options);
    }
    bench.crossEntropy.fused(
        trial.stream(),
        outputs,
        logits,
        targets,
        weights,
        gradScale,
        perRow ? upstream : null,
        options,
        status);
    // A validation pass wants the losses and nothing else; logits replaced are logits lost.
    Tensor alone = inPlace ? losses : trial.output("losses_alone", DType.F32, rows);
    if (!inPlace) {
      bench.crossEntropy.fused(
          trial.stream(),
          Outputs.of(alone),
          logits,
          targets,
          weights,
          gradScale,
          null,
          options,
          status);
    }
    double[] loss = reduced(bench, trial, losses, targets, weights, options, reduction);
    double[] lossAlone = reduced(bench, trial, alone, targets, weights, options, reduction);
    status.check(trial.stream());
    Answers answers =
        new Answers()
            .out("loss", loss)
            .out("loss_alone", lossAlone)
            .out("lse", trial.read(lse))
            .grad("logits", trial.read(dLogits));
    return statistics ? answers.out("entropy", trial.read(entropies)) : answers;
  }

  /** One loss for all rows, where they are not to be kept apart. */
  private static double[] reduced(
      Bench bench,
      Trial trial,
      Tensor losses,
      Tensor targets,
      @Nullable Tensor weights,
      SoftmaxCrossEntropy.Options options,
      Reduction reduction) {
    if (reduction == Reduction.NONE) {
      return trial.read(losses);
    }
    Tensor loss = trial.output("loss", DType.F32, 1);
    boolean mean = reduction == Reduction.MEAN;
    bench.crossEntropy.reduce(trial.stream(), loss, losses, targets, weights, options, mean);
    return trial.read(loss);
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    DType dtype = problem.dtype();
    HostArray logits = problem.input("logits");
    double scale = expected.maxAbs(tensor);
    // lse and the target's logit are this large before they are subtracted.
    double size = Math.max(logits.maxAbs(), expected.maxAbs("out.lse"));
    HostArray weights = problem.inputs().get("weight");
    double heaviest = weights == null ? 1 : Math.max(1, weights.maxAbs());
    double withZ = heaviest * size * (1 + problem.attributes().number("z_loss") * size);
    return switch (tensor) {
      case "out.lse" -> Tolerances.CROSS_ENTROPY.of(DType.F32, logits.columns(), scale, size);
      // p ln p has the error of p, which is that of lse, times ln p.
      case "out.entropy" ->
          Tolerances.CROSS_ENTROPY.of(
              DType.F32, logits.columns(), scale, size * (1 + Math.log(logits.columns())));
      case "out.loss", "out.loss_alone" -> {
        long rows = reduction(problem) == Reduction.NONE ? 1 : logits.rows();
        double total = reduction(problem) == Reduction.SUM ? withZ * rows : withZ;
        yield Tolerances.CROSS_ENTROPY.of(DType.F32, (long) logits.columns() * rows, scale, total);
      }
      // An error of lse is a relative error of every probability, which is at most 1.
      case "grad.logits" ->
          Tolerances.CROSS_ENTROPY_GRADIENT.of(
              dtype, logits.columns(), scale, rowScale(problem) * (1 + withZ));
      default -> throw new IllegalArgumentException(tensor);
    };
  }

  /** What multiplies softmax − target at most. */
  private static double rowScale(Problem problem) {
    double upstream = problem.upstream("loss").maxAbs();
    if (reduction(problem) != Reduction.MEAN) {
      return upstream;
    }
    int ignored = problem.attributes().integer("ignore_index");
    HostArray weights = problem.inputs().get("weight");
    double counted =
        Arrays.stream(problem.input("targets").ints())
            .filter(t -> t != ignored)
            .mapToDouble(t -> weights == null ? 1 : weights.values()[t])
            .sum();
    return counted == 0 ? 0 : upstream / counted;
  }

  /** The two parts of a loss with z-loss: our kernel writes their sum. */
  @Override
  public Set<String> notComputed() {
    return Set.of("out.ce", "out.z");
  }

  private static double softCap(Problem problem) {
    return problem.attributes().number("soft_cap", Double.POSITIVE_INFINITY);
  }

  private static int classes(Problem problem) {
    return (int) problem.attributes().number("classes", SoftmaxCrossEntropy.Options.ALL_COLUMNS);
  }

  private static Reduction reduction(Problem problem) {
    return Reduction.valueOf(problem.attributes().text("reduction").toUpperCase(Locale.ROOT));
  }
}
