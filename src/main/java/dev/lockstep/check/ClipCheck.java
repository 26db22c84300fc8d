package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.GlobalNorm;
import dev.lockstep.ops.GlobalNorm.NonFinite;
import dev.lockstep.ops.StepState;
import dev.lockstep.ops.TensorTable;
import dev.lockstep.reference.ClipFormula;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The norm over many gradients, whether all are finite, and the gradients clipped to a norm. */
final class ClipCheck implements OpCheck {
  /**
   * One chunk is 32768 elements of one tensor: a tensor below, at and above one, one of several,
   * and single elements between, whose chunks hold nothing else.
   */
  private static final int[] COUNTS = {1, 32_768, 33, 32_769, 1, 70_000};

  private static final double CLIP_TO = 1.0;

  /** The attribute under which a step with a gradient that is not finite is skipped. */
  private static final String SKIPS = "skips_non_finite";

  @Override
  public String op() {
    return "clip_grad_norm";
  }

  @Override
  public List<Problem> problems(DType dtype) {
    List<Problem> problems = new ArrayList<>();
    for (Object type : new Object[] {2.0, "inf"}) {
      problems.add(make(dtype, "above_" + type, type, CLIP_TO, 1, COUNTS).build());
      problems.add(make(dtype, "below_" + type, type, 1e6, 1, COUNTS).build());
      problems.add(
          make(dtype, "nan_" + type, type, CLIP_TO, 1, 5)
              .exactInput("g1", bad(Double.NaN))
              .build());
      problems.add(
          make(dtype, "inf_" + type, type, CLIP_TO, 1, 5)
              .exactInput("g1", bad(Double.NEGATIVE_INFINITY))
              .build());
    }
    problems.add(make(dtype, "one", 2.0, CLIP_TO, 1, 1).build());
    problems.add(make(dtype, "unclipped", 2.0, "inf", 1, 100, 7).build());
    problems.add(
        make(dtype, "nan_skipped", 2.0, CLIP_TO, 1, 5)
            .exactInput("g1", bad(Double.NaN))
            .with(SKIPS, true)
            .build());
    problems.add(make(dtype, "zero", 2.0, CLIP_TO, 0, 100, 7).build());
    problems.add(
        make(dtype, "misaligned", 2.0, CLIP_TO, 1, 700, 33)
            .with(Problems.MISALIGNED, true)
            .build());
    if (dtype != DType.F16) {
      // Squares of these overflow or vanish in fp32; the norms do not.
      problems.add(make(dtype, "huge", 2.0, CLIP_TO, 1e25, 20_000, 7).build());
      problems.add(make(dtype, "tiny", 2.0, CLIP_TO, 1e-25, 20_000, 7).build());
    }
    return problems;
  }

  private static HostArray bad(double value) {
    return new HostArray(new double[] {1, value, -2}, 3);
  }

  private Problems make(
      DType dtype,
      String variant,
      Object normType,
      Object maxNorm,
      double deviation,
      int... counts) {
    Problems problem =
        new Problems(op(), dtype, variant + "_" + counts.length + "t")
            .with("norm_type", normType)
            .with("max_norm", maxNorm);
    for (int i = 0; i < counts.length; i++) {
      problem.normal("g" + i, deviation, counts[i]);
    }
    return problem;
  }

  @Override
  public Answers reference(Problem problem) {
    List<double[]> gradients = gradients(problem).stream().map(HostArray::values).toList();
    double norm =
        type(problem) == GlobalNorm.NormType.L2
            ? ClipFormula.norm(gradients)
            : ClipFormula.maxNorm(gradients);
    double maxNorm = options(problem).maxNorm();
    double factor = ClipFormula.factor(norm, maxNorm);
    if (options(problem).nonFinite() == NonFinite.SKIP && !Double.isFinite(norm)) {
      factor = 0;
    }
    Answers answers = new Answers().out("total_norm", norm).out("non_finite", firstBad(gradients));
    List<double[]> scaled = ClipFormula.scaled(gradients, factor);
    for (int i = 0; i < scaled.size(); i++) {
      answers.out("g" + i, scaled.get(i));
    }
    return answers;
  }

  /** One more than the index of the first tensor that holds a NaN or an infinity; 0 for none. */
  private static int firstBad(List<double[]> gradients) {
    for (int i = 0; i < gradients.size(); i++) {
      for (double g : gradients.get(i)) {
        if (!Double.isFinite(g)) {
          return i + 1;
        }
      }
    }
    return 0;
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    List<Tensor> gradients = new ArrayList<>();
    for (HostArray gradient : gradients(problem)) {
      gradients.add(trial.writable("g" + gradients.size(), problem.dtype(), gradient));
    }
    StepState state = trial.stepState(bench.library);
    TensorTable table = table(trial, gradients);
    Tensor workspace =
        trial.structure("workspace", DType.F64, GlobalNorm.workspaceShape(gradients));
    bench.globalNorm.compute(trial.stream(), state, table, workspace, options(problem));
    bench.clipping.byNorm(trial.stream(), table, state);
    StepState.Values values = state.read(trial.stream());
    Answers answers =
        new Answers().out("total_norm", values.norm()).out("non_finite", values.nonFinite());
    for (int i = 0; i < gradients.size(); i++) {
      answers.out("g" + i, trial.read(gradients.get(i)));
    }
    return answers;
  }

  /** A table of these tensors in the trial's memory. */
  static TensorTable table(Trial trial, List<Tensor> tensors) {
    Tensor storage = trial.structure("table", DType.I32, TensorTable.storageShape(tensors));
    return new TensorTable(trial.stream(), storage, tensors);
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    double scale = expected.maxAbs(tensor);
    long count = problem.inputs().values().stream().mapToLong(HostArray::count).sum();
    return switch (tensor) {
      case "out.total_norm" -> Tolerances.GLOBAL_NORM.of(DType.F32, count, scale, scale);
      case "out.non_finite" -> Tolerances.EXACT.of(DType.F32, 1, scale, scale);
      default -> Tolerances.CLIPPED.of(problem.dtype(), count, scale, scale);
    };
  }

  /** In the order of their numbers, which is not that of their names. */
  private static List<HostArray> gradients(Problem problem) {
    return IntStream.range(0, problem.inputs().size())
        .mapToObj(i -> problem.input("g" + i))
        .toList();
  }

  /** Without an attribute that says so, what is not finite spreads, as it does in PyTorch. */
  private static GlobalNorm.Options options(Problem problem) {
    Attributes attributes = problem.attributes();
    boolean skip = attributes.values().containsKey(SKIPS) && attributes.flag(SKIPS);
    Object max = attributes.values().get("max_norm");
    return new GlobalNorm.Options(
        type(problem),
        "inf".equals(max) ? Float.POSITIVE_INFINITY : (float) attributes.number("max_norm"),
        skip ? NonFinite.SKIP : NonFinite.PROPAGATE);
  }

  private static GlobalNorm.NormType type(Problem problem) {
    Object type = problem.attributes().values().get("norm_type");
    if (type instanceof Number number && number.doubleValue() == 2) {
      return GlobalNorm.NormType.L2;
    }
    if ("inf".equals(type)) {
      return GlobalNorm.NormType.MAX;
    }
    throw new IllegalArgumentException("norm_type " + type + " is neither 2 nor inf");
  }
}
