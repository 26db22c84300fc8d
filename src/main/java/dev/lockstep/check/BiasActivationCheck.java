package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Activation;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What follows the product of another library: scale, bias, activation and residual. */
final class BiasActivationCheck implements OpCheck {
  private static final double SLOPE = 0.2;
  private static final double SCALE = 0.75;

  @Override
  public String op() {
    return "bias_activation";
  }

  /**
   * Rows with a tail after 8-element vectors, and rows of whole ones that fill several blocks; each
   * operand alone; z overwritten by what backward needs, or by the result.
   */
  @Override
  public List<Problem> problems(DType dtype) {
    List<Problem> problems = new ArrayList<>();
    for (Activation activation : Activation.values()) {
      problems.add(all(dtype, activation, "", 9, 43).build());
    }
    problems.add(all(dtype, Activation.GELU_TANH, "", 70, 264).build());
    problems.add(all(dtype, Activation.SILU, "", 1, 1).build());
    problems.add(
        all(dtype, Activation.GELU_ERF, "_misaligned", 5, 16)
            .with(Problems.MISALIGNED, true)
            .build());
    problems.add(
        all(dtype, Activation.GELU_TANH, "_pre_in_place", 9, 43)
            .with("pre_in_place", true)
            .build());
    problems.add(
        make(dtype, Activation.TANH, "_in_place", 9, 43)
            .normal("bias", 1, 43)
            .with("in_place", true)
            .build());
    problems.add(make(dtype, Activation.RELU, "_alone", 9, 43).build());
    problems.add(
        make(dtype, Activation.NONE, "_residual", 9, 43).normal("residual", 1, 9, 43).build());
    return problems;
  }

  private Problems all(DType dtype, Activation activation, String suffix, int rows, int cols) {
    return make(dtype, activation, suffix, rows, cols)
        .with("scale", SCALE)
        .normal("bias", 1, cols)
        .normal("residual", 1, rows, cols);
  }

  private Problems make(DType dtype, Activation activation, String suffix, int rows, int cols) {
    return new Problems(op(), dtype, activation.label() + "_" + rows + "x" + cols + suffix)
        .with("activation", activation.label())
        .normal("z", 2, rows, cols);
  }

  @Override
  public Answers reference(Problem problem) {
    HostArray z = problem.input("z");
    ActivationFormula formula = ActivationFormula.named(problem.attributes().text("activation"));
    double scale = problem.attributes().number("scale", 1);
    double[] bias = optional(problem, "bias");
    double[] residual = optional(problem, "residual");
    double[] pre = new double[z.count()];
    double[] out = new double[z.count()];
    for (int i = 0; i < pre.length; i++) {
      pre[i] = scale * z.values()[i] + (bias == null ? 0 : bias[i % z.columns()]);
      out[i] = formula.value(pre[i], SLOPE) + (residual == null ? 0 : residual[i]);
    }
    Answers answers = new Answers().out("out", out);
    return inPlace(problem) ? answers : answers.out("pre", pre);
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    DType dtype = problem.dtype();
    HostArray hostZ = problem.input("z");
    boolean preInPlace = problem.attributes().flag("pre_in_place");
    Tensor z =
        inPlace(problem) || preInPlace
            ? trial.writable("z", dtype, hostZ)
            : trial.input("z", dtype, hostZ);
    Tensor out = inPlace(problem) ? z : trial.output("out", dtype, hostZ.extents());
    Tensor pre =
        inPlace(problem) ? null : preInPlace ? z : trial.output("pre", dtype, hostZ.extents());
    double scale = problem.attributes().number("scale", 1);
    bench.biasActivation.forward(
        trial.stream(),
        out,
        pre,
        z,
        operand(problem, trial, "bias"),
        operand(problem, trial, "residual"),
        Activation.of(problem.attributes().text("activation")),
        (float) SLOPE,
        scale == 1
            ? null
            : trial.input("scale", DType.F32, new HostArray(new double[] {scale}, 1)));
    Answers answers = new Answers().out("out", trial.read(out));
    return pre == null ? answers : answers.out("pre", trial.read(pre));
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    double pre = expected.has("out.pre") ? expected.maxAbs("out.pre") : preMagnitude(problem);
    double magnitude = Math.max(pre, preMagnitude(problem));
    return tensor.equals("out.pre")
        ? Tolerances.SUM.of(problem.dtype(), 1, pre, magnitude)
        : Tolerances.ACTIVATED_PRODUCT.of(
            problem.dtype(), 1, Math.max(pre, expected.maxAbs(tensor)), magnitude);
  }

  /** The largest terms of an activation's argument, which may cancel. */
  private static double preMagnitude(Problem problem) {
    double[] bias = optional(problem, "bias");
    double scale = problem.attributes().number("scale", 1);
    return Math.abs(scale) * problem.input("z").maxAbs()
        + (bias == null ? 0 : HostArray.maxAbs(bias));
  }

  private static boolean inPlace(Problem problem) {
    return problem.attributes().flag("in_place");
  }

  private static double @Nullable [] optional(Problem problem, String name) {
    return problem.inputs().containsKey(name) ? problem.input(name).values() : null;
  }

  private static @Nullable Tensor operand(Problem problem, Trial trial, String name) {
    return problem.inputs().containsKey(name)
        ? trial.input(name, problem.dtype(), problem.input(name))
        : null;
  }
}
