package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.BceWithLogits;
import dev.lockstep.reference.BceWithLogitsFormula;
import dev.lockstep.reference.CrossEntropyFormula.Reduction;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Variable;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Binary cross-entropy of logits: the loss and the logits' gradient from one pass. */
final class BceWithLogitsCheck implements OpCheck {
  private static final Set<String> CONSTANTS = Set.of("targets", "weight", "pos_weight");

  /** The smallest; odd rows; a tail after vectors; two chunks of 8192 and a bit. */
  private static final int[][] SHAPES = {{1, 1}, {9, 7}, {40, 128}, {67, 245}};

  @Override
  public String op() {
    return "bce_with_logits";
  }

  @Override
  public List<Problem> problems(DType dtype) {
    List<Problem> problems = new ArrayList<>();
    for (int[] shape : SHAPES) {
      for (Reduction reduction : Reduction.values()) {
        problems.add(make(dtype, reduction, shape, 3, "").build());
        problems.add(weighted(make(dtype, reduction, shape, 3, "_weighted"), shape).build());
      }
    }
    int[] wide = {5, 129};
    problems.add(make(dtype, Reduction.MEAN, wide, 80, "_wide").build());
    problems.add(
        weighted(make(dtype, Reduction.MEAN, wide, 3, "_misaligned"), wide)
            .with(Problems.MISALIGNED, true)
            .build());
    problems.add(make(dtype, Reduction.SUM, wide, 3, "_in_place").with("in_place", true).build());
    problems.add(
        make(dtype, Reduction.MEAN, wide, 3, "_loss_scale")
            .upstream("loss", new HostArray(new double[] {1024}, 1))
            .build());
    return problems;
  }

  /** Targets of 0, of 1 and between. */
  private Problems make(
      DType dtype, Reduction reduction, int[] shape, double deviation, String suffix) {
    String label = reduction.name().toLowerCase(Locale.ROOT);
    double[] targets =
        new Random(5)
            .doubles((long) shape[0] * shape[1])
            .map(t -> Math.clamp(1.5 * t - 0.25, 0, 1))
            .toArray();
    Problems problem =
        new Problems(op(), dtype, shape[0] + "x" + shape[1] + "_" + label + suffix)
            .with("reduction", label)
            .normal("logits", deviation, shape)
            .input("targets", new HostArray(targets, shape));
    return reduction == Reduction.NONE
        ? problem.upstream("loss", shape)
        : problem.upstream("loss", new HostArray(new double[] {1}, 1));
  }

  private static Problems weighted(Problems problem, int[] shape) {
    double[] positive = new double[shape[1]];
    for (int column = 0; column < positive.length; column++) {
      positive[column] = 0.25 + column % 7;
    }
    return problem
        .nearOne("weight", shape)
        .exactInput("pos_weight", new HostArray(positive, shape[1]));
  }

  @Override
  public Answers reference(Problem problem) {
    ReferenceInputs in = new ReferenceInputs(problem, CONSTANTS);
    Answers answers = new Answers();
    Variable elements =
        BceWithLogitsFormula.elements(
            in.get("logits"),
            problem.input("targets").values(),
            values(problem.optionalInput("weight")),
            values(problem.optionalInput("pos_weight")));
    Variable loss =
        switch (reduction(problem)) {
          case NONE -> elements;
          case SUM -> Primitives.sum(elements);
          case MEAN -> Primitives.mean(elements);
        };
    in.output(answers, "loss", loss);
    answers.out("loss_alone", loss.values());
    return in.gradients(answers);
  }

  private static double @Nullable [] values(@Nullable HostArray array) {
    return array == null ? null : array.values();
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    DType dtype = problem.dtype();
    HostArray hostLogits = problem.input("logits");
    Tensor targets = trial.input("targets", dtype, problem.input("targets"));
    @Nullable Tensor weight = trial.optionalInput("weight", dtype, problem.optionalInput("weight"));
    @Nullable Tensor positive =
        trial.optionalInput("pos_weight", DType.F32, problem.optionalInput("pos_weight"));
    boolean inPlace = problem.attributes().flag("in_place");
    Tensor logits = trial.writable("logits", dtype, hostLogits);
    Tensor dLogits = inPlace ? logits : trial.output("dLogits", dtype, hostLogits.extents());
    HostArray hostUpstream = problem.upstream("loss");
    if (reduction(problem) == Reduction.NONE) {
      Tensor upstream = trial.input("upstream", dtype, hostUpstream);
      Tensor alone = trial.output("loss_alone", dtype, hostLogits.extents());
      bench.bceWithLogits.elementwise(
          trial.stream(), alone, null, logits, targets, weight, positive, null);
      Tensor losses = trial.output("loss", dtype, hostLogits.extents());
      bench.bceWithLogits.elementwise(
          trial.stream(), losses, dLogits, logits, targets, weight, positive, upstream);
      return answers(trial, losses, alone, dLogits);
    }
    boolean mean = reduction(problem) == Reduction.MEAN;
    Tensor upstream = trial.input("upstream", DType.F32, hostUpstream);
    Tensor workspace =
        trial.output(
            "workspace", DType.F32, BceWithLogits.workspaceShape(logits.shape()).extents());
    Tensor alone = trial.output("loss_alone", DType.F32, 1);
    bench.bceWithLogits.reduced(
        trial.stream(), alone, null, workspace, logits, targets, weight, positive, null, mean);
    Tensor loss = trial.output("loss", DType.F32, 1);
    bench.bceWithLogits.reduced(
        trial.stream(),
        loss,
        dLogits,
        workspace,
        logits,
        targets,
        weight,
        positive,
        upstream,
        mean);
    return answers(trial, loss, alone, dLogits);
  }

  private static Answers answers(Trial trial, Tensor loss, Tensor alone, Tensor dLogits) {
    return new Answers()
        .out("loss", trial.read(loss))
        .out("loss_alone", trial.read(alone))
        .grad("logits", trial.read(dLogits));
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    double scale = expected.maxAbs(tensor);
    if (tensor.equals("grad.logits")) {
      return Tolerances.BINARY_CROSS_ENTROPY_GRADIENT.of(
          problem.dtype(), 1, scale, gradientSize(problem));
    }
    // Nothing cancels: the sum of n losses is as large as what meets rounding on the way.
    return reduction(problem) == Reduction.NONE
        ? Tolerances.BINARY_CROSS_ENTROPY.of(problem.dtype(), 1, scale, scale)
        : Tolerances.BINARY_CROSS_ENTROPY_SUM.of(
            DType.F32, problem.input("logits").count(), scale, scale);
  }

  /** What multiplies a difference of sigmoids at most. */
  private static double gradientSize(Problem problem) {
    double upstream = problem.upstream("loss").maxAbs();
    double perElement =
        reduction(problem) == Reduction.MEAN
            ? upstream / problem.input("logits").count()
            : upstream;
    return perElement * largest(problem, "weight") * largest(problem, "pos_weight");
  }

  private static double largest(Problem problem, String input) {
    HostArray array = problem.optionalInput(input);
    return array == null ? 1 : Math.max(1, array.maxAbs());
  }

  private static Reduction reduction(Problem problem) {
    return Reduction.valueOf(problem.attributes().text("reduction").toUpperCase(Locale.ROOT));
  }
}
