package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Softmax;
import dev.lockstep.reference.SoftmaxFormula;
import dev.lockstep.reference.Variable;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Softmax, its logarithm, and the gradient of either. */
final class SoftmaxCheck implements OpCheck {
  /**
   * The smallest; less than a warp; a row of vectors that stays in registers; one that is read
   * twice for want of alignment; one that is too long to stay.
   */
  private static final int[][] SHAPES = {{1, 1}, {6, 33}, {4, 1024}, {3, 1027}, {2, 16_400}};

  @Override
  public String op() {
    return "softmax";
  }

  @Override
  public List<Problem> problems(DType dtype) {
    List<Problem> problems = new ArrayList<>();
    for (boolean log : new boolean[] {false, true}) {
      for (int[] shape : SHAPES) {
        problems.add(make(dtype, log, 3, "", shape).build());
      }
      problems.add(make(dtype, log, 40, "_wide", 4, 257).build());
      problems.add(
          make(dtype, log, 3, "_misaligned", 5, 128).with(Problems.MISALIGNED, true).build());
      problems.add(make(dtype, log, 3, "_in_place", 5, 128).with("in_place", true).build());
    }
    return problems;
  }

  private Problems make(DType dtype, boolean log, double deviation, String suffix, int... shape) {
    return new Problems(op(), dtype, (log ? "log_" : "") + shape[0] + "x" + shape[1] + suffix)
        .with("log", log)
        .normal("x", deviation, shape)
        .upstream("y", shape);
  }

  @Override
  public Answers reference(Problem problem) {
    ReferenceInputs in = new ReferenceInputs(problem, Set.of());
    Answers answers = new Answers();
    Variable x = in.get("x");
    boolean log = problem.attributes().flag("log");
    in.output(answers, "y", log ? SoftmaxFormula.logSoftmax(x) : SoftmaxFormula.softmax(x));
    return in.gradients(answers);
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    DType dtype = problem.dtype();
    HostArray hostX = problem.input("x");
    boolean log = problem.attributes().flag("log");
    boolean inPlace = problem.attributes().flag("in_place");
    Tensor x = trial.writable("x", dtype, hostX);
    Tensor dY = trial.writable("dY", dtype, problem.upstream("y"));
    Tensor y = inPlace ? x : trial.output("y", dtype, hostX.extents());
    Tensor dX = inPlace ? dY : trial.output("dX", dtype, hostX.extents());
    Softmax softmax = bench.softmax;
    softmax.forward(trial.stream(), y, x, log);
    softmax.backward(trial.stream(), dX, dY, y, log);
    return new Answers().out("y", trial.read(y)).grad("x", trial.read(dX));
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    HostArray x = problem.input("x");
    double scale = expected.maxAbs(tensor);
    boolean log = problem.attributes().flag("log");
    if (tensor.equals("out.y")) {
      // The logarithm subtracts numbers as large as the logits.
      double size = log ? Math.max(2 * x.maxAbs(), scale) : scale;
      return Tolerances.SOFTMAX.of(problem.dtype(), x.columns(), scale, size);
    }
    // y comes back rounded. Of the logarithm that is off by u |y|, so e^y by u |y| e^y, which is
    // below u; it multiplies the sum of dy. Of softmax it multiplies dy less a mean of dy.
    double total =
        log
            ? sumOfUpstream(problem)
            : 2 * expected.maxAbs("out.y") * problem.upstream("y").maxAbs();
    return Tolerances.SOFTMAX_GRADIENT.of(problem.dtype(), x.columns(), scale, total);
  }

  /** The largest sum of a row of dY, or element of it. */
  private static double sumOfUpstream(Problem problem) {
    HostArray dY = problem.upstream("y");
    double largest = dY.maxAbs();
    for (int row = 0; row < dY.rows(); row++) {
      double sum = 0;
      for (int column = 0; column < dY.columns(); column++) {
        sum += dY.values()[row * dY.columns() + column];
      }
      largest = Math.max(largest, Math.abs(sum));
    }
    return largest;
  }
}
