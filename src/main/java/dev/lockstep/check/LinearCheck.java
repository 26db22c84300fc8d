package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Activation;
import dev.lockstep.ops.BiasGradient;
import dev.lockstep.ops.FusedLinear;
import dev.lockstep.ops.MatrixPrecision;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Variable;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code act(x Wᵀ + b) (+ residual)}, its input's, weight's and bias's gradients; {@code
 * linear_tf32} without activations, behind which the errors of TF32 meet kinks.
 */
final class LinearCheck implements OpCheck {
  /**
   * Rows, inputs, outputs. The kernels tile 64 × 64 with depth 16 or 32 and load 16 bytes where
   * pointers and strides allow.
   */
  private static final int[][] SHAPES = {
    {1, 1, 1}, // the smallest: every edge of every tile is cut
    {7, 13, 5}, // odd in all three: no vector path anywhere
    {64, 64, 64}, // exactly one tile, all vectors
    {65, 40, 67}, // one past a tile both ways, depth no multiple of 16 but of 8
    {3, 515, 130}, // long odd depth, three tiles across, few rows
    {130, 72, 24}, // three tiles down, the shape of a small layer
  };

  /** As wide and as deep as the 16-bit types' tiles of 128 × 128 are for, in all passes. */
  private static final int[] WIDE = {9, 512, 520};

  /** Others whose forward pass is computed in large tiles. */
  private static final int[][] LARGE = {
    {130, 264, 520}, // forward in tiles of 128 x 128, cut both ways
    {9, 264, 2056}, // forward in tiles of 128 x 256
  };

  private final boolean tf32;

  /**
   * @param tf32 whether matrices multiply in {@link MatrixPrecision#TF32}
   */
  LinearCheck(boolean tf32) {
    this.tf32 = tf32;
  }

  @Override
  public String op() {
    return tf32 ? "linear_tf32" : "linear";
  }

  @Override
  public List<Problem> problems(DType dtype) {
    return tf32 ? roundedProblems(dtype) : exactProblems(dtype);
  }

  /** Only f32 has factors to round. */
  private List<Problem> roundedProblems(DType dtype) {
    List<Problem> problems = new ArrayList<>();
    if (dtype == DType.F32) {
      for (int[] shape : SHAPES) {
        problems.add(problem(dtype, shape, Activation.NONE, "", true));
      }
      problems.add(problem(dtype, WIDE, Activation.NONE, "_nobias", false));
      problems.add(
          make(dtype, new int[] {66, 64, 72}, Activation.NONE, "_misaligned", true)
              .with(Problems.MISALIGNED, true)
              .normal("residual", 1, 66, 72)
              .build());
    }
    return problems;
  }

  private List<Problem> exactProblems(DType dtype) {
    List<Problem> problems = new ArrayList<>();
    for (int[] shape : SHAPES) {
      problems.add(problem(dtype, shape, Activation.NONE, "", true));
      problems.add(problem(dtype, shape, Activation.GELU_TANH, "_nobias", false));
    }
    if (dtype != DType.F32) {
      for (int[] shape : LARGE) {
        problems.add(problem(dtype, shape, Activation.SILU, "", true));
      }
    }
    for (Activation activation : Activation.values()) {
      problems.add(problem(dtype, new int[] {19, 40, 24}, activation, "", true));
    }
    if (dtype != DType.F32) {
      for (Activation activation : Activation.values()) {
        problems.add(problem(dtype, WIDE, activation, "", true));
      }
    }
    problems.add(
        make(dtype, new int[] {66, 64, 72}, Activation.NONE, "_misaligned", true)
            .with(Problems.MISALIGNED, true)
            .build());
    problems.add(
        make(dtype, new int[] {66, 64, 72}, Activation.GELU_ERF, "_residual", true)
            .normal("residual", 1, 66, 72)
            .build());
    return problems;
  }

  private Problem problem(
      DType dtype, int[] shape, Activation activation, String suffix, boolean bias) {
    return make(dtype, shape, activation, suffix, bias).build();
  }

  private Problems make(
      DType dtype, int[] shape, Activation activation, String suffix, boolean bias) {
    int m = shape[0];
    int k = shape[1];
    int n = shape[2];
    Problems problem =
        new Problems(op(), dtype, activation.label() + "_" + m + "x" + k + "_to_" + n + suffix)
            .with("activation", activation.label())
            .with("negative_slope", 0.2)
            .normal("x", 1, m, k)
            .normal("weight", 1 / Math.sqrt(k), n, k)
            .upstream("y", m, n);
    return bias ? problem.normal("bias", 1, n) : problem;
  }

  @Override
  public Answers reference(Problem problem) {
    ReferenceInputs in = new ReferenceInputs(problem, Set.of());
    Answers answers = new Answers();
    Variable pre = LinearFormula.linear(in.get("x"), in.get("weight"), in.optional("bias"));
    Variable y = pre;
    if (activation(problem) != Activation.NONE) {
      in.output(answers, "pre", pre);
      y = ActivationFormula.named(activation(problem).label()).apply(pre, slope(problem));
    }
    Variable residual = in.optional("residual");
    y = residual == null ? y : Primitives.add(y, residual);
    in.output(answers, "y", y);
    answers.out("y_alone", y.values());
    in.gradients(answers);
    return answers.has("grad.bias")
        ? answers.grad("bias_alone", answers.get("grad.bias"))
        : answers;
  }

  private static HostArray identity(int n) {
    double[] values = new double[n * n];
    for (int i = 0; i < n; i++) {
      values[i * n + i] = 1;
    }
    return new HostArray(values, n, n);
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    DType dtype = problem.dtype();
    HostArray hostX = problem.input("x");
    HostArray hostWeight = problem.input("weight");
    long m = hostX.rows();
    long n = hostWeight.rows();
    Activation activation = activation(problem);
    boolean activated = activation != Activation.NONE;

    FusedLinear linear = tf32 ? bench.tf32Linear : bench.linear;
    Tensor x = trial.input("x", dtype, hostX);
    Tensor weight = trial.input("weight", dtype, hostWeight);
    Tensor bias = trial.optionalInput("bias", dtype, problem.optionalInput("bias"));
    Tensor residual = trial.optionalInput("residual", dtype, problem.optionalInput("residual"));
    Tensor y = trial.output("y", dtype, m, n);
    @Nullable Tensor pre = activated ? trial.output("pre", dtype, m, n) : null;
    linear.forward(
        trial.stream(), y, pre, x, weight, bias, residual, activation, (float) slope(problem));

    // Nobody needs the pre-activation without a backward pass.
    Tensor alone = trial.output("y_alone", dtype, m, n);
    linear.forward(
        trial.stream(), alone, null, x, weight, bias, residual, activation, (float) slope(problem));

    // The layer above is the identity, so that its input's gradient is dY, on the way to dZ.
    Tensor dY = trial.input("dY", dtype, problem.upstream("y"));
    Tensor dZ = trial.output("dZ", dtype, m, n);
    Tensor dBias = trial.accumulator("dBias", n);
    Shape sums = BiasGradient.workspaceShape(dtype, m, n, n);
    bench.linear.backwardInput(
        trial.stream(),
        dZ,
        dY,
        trial.input("identity", dtype, identity((int) n)),
        pre,
        activation,
        (float) slope(problem),
        new BiasGradient(dBias, trial.output("sums", DType.F32, sums.rows(), sums.cols())));
    Tensor dX = trial.output("dX", dtype, hostX.extents());
    Tensor dWeight = trial.accumulator("dWeight", n, hostX.columns());
    Tensor dBiasAlone = trial.accumulator("dBias alone", n);
    linear.backwardInput(trial.stream(), dX, dZ, weight);
    linear.backwardWeight(trial.stream(), dWeight, dZ, x);
    linear.backwardBias(trial.stream(), dBiasAlone, dZ);

    Answers answers =
        new Answers()
            .out("y", trial.read(y))
            .out("y_alone", trial.read(alone))
            .grad("x", trial.read(dX))
            .grad("weight", trial.accumulated(dWeight))
            .grad("bias", trial.accumulated(dBias))
            .grad("bias_alone", trial.accumulated(dBiasAlone));
    if (pre != null) {
      answers.out("pre", trial.read(pre));
    }
    if (residual != null) {
      // The residual passes straight through: its gradient is dY itself, no kernel's work.
      answers.grad("residual", problem.upstream("y").values());
    }
    return answers;
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    boolean activated = activation(problem) != Activation.NONE;
    HostArray x = problem.input("x");
    HostArray weight = problem.input("weight");
    HostArray dY = problem.upstream("y");
    HostArray bias = problem.optionalInput("bias");
    double scale = expected.maxAbs(tensor);
    // A sum's terms: rounding starts at the size of the largest.
    double terms = Math.max(x.maxAbs() * weight.maxAbs(), bias == null ? 0 : bias.maxAbs());
    return switch (tensor) {
      case "out.pre" -> product().of(problem.dtype(), x.columns(), scale, terms);
      case "out.y", "out.y_alone" -> {
        double before = activated ? expected.maxAbs("out.pre") : 0;
        yield (activated ? Tolerances.ACTIVATED_PRODUCT : product())
            .of(problem.dtype(), x.columns(), Math.max(scale, before), terms);
      }
      case "grad.x" ->
          (activated ? Tolerances.ACTIVATED_PRODUCT_GRADIENT : product())
              .of(problem.dtype(), weight.rows(), scale, dY.maxAbs() * weight.maxAbs());
      case "grad.weight" ->
          (tf32 ? Tolerances.TF32_ROW_SUM : rowSum(activated))
              .ofAccumulated(problem.dtype(), x.rows(), scale, dY.maxAbs() * x.maxAbs());
      case "grad.bias", "grad.bias_alone" ->
          rowSum(activated).ofAccumulated(problem.dtype(), x.rows(), scale, dY.maxAbs());
      case "grad.residual" -> Tolerances.EXACT.of(problem.dtype(), 1, scale, scale);
      default -> throw new IllegalArgumentException(tensor);
    };
  }

  private Tolerances product() {
    return tf32 ? Tolerances.TF32_PRODUCT : Tolerances.PRODUCT;
  }

  private static Tolerances rowSum(boolean activated) {
    return activated ? Tolerances.ACTIVATED_ROW_SUM : Tolerances.ROW_SUM;
  }

  private static Activation activation(Problem problem) {
    return Activation.of(problem.attributes().text("activation"));
  }

  private static double slope(Problem problem) {
    return problem.attributes().number("negative_slope", Activation.DEFAULT_SLOPE);
  }
}
