package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Dropout;
import dev.lockstep.ops.DropoutState;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Dropout forward and backward: the mask bit by bit, residual fused in or not. */
final class DropoutCheck implements OpCheck {
  private static final long SEED = 0x123456789abcdef0L;
  private static final long OFFSET = 0xffff_fffeL; // the sum with the place passes 2³²
  private static final long PLACE = 3;

  @Override
  public String op() {
    return "dropout";
  }

  /** One element; a tail after whole calls and vectors; several blocks. */
  @Override
  public List<Problem> problems(DType dtype) {
    List<Problem> problems = new ArrayList<>();
    for (int count : new int[] {1, 43, 5000}) {
      for (double p : new double[] {0, 0.1, 0.5, 0.9}) {
        problems.add(make(dtype, count, p, "").build());
      }
      problems.add(make(dtype, count, 0.3, "_residual").normal("residual", 1, count).build());
    }
    problems.add(
        make(dtype, 77, 0.3, "_misaligned")
            .normal("residual", 1, 77)
            .with(Problems.MISALIGNED, true)
            .build());
    problems.add(make(dtype, 77, 0.3, "_in_place").with("in_place", true).build());
    return problems;
  }

  private Problems make(DType dtype, int count, double p, String suffix) {
    return new Problems(op(), dtype, count + "_p" + p + suffix)
        .with("p", p)
        .normal("x", 1, count)
        .upstream("y", count);
  }

  @Override
  public Answers reference(Problem problem) {
    HostArray residual = problem.optionalInput("residual");
    double p = (float) problem.attributes().number("p");
    double[] x = problem.input("x").values();
    double[] dY = problem.upstream("y").values();
    double[] y = new double[x.length];
    double[] dX = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      double factor = Dropout.keeps(SEED, OFFSET, PLACE, (float) p, i) ? 1 / (1 - p) : 0;
      y[i] = factor * x[i] + (residual == null ? 0 : residual.values()[i]);
      dX[i] = factor * dY[i];
    }
    return new Answers().out("y", y).grad("x", dX);
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    DType dtype = problem.dtype();
    float p = (float) problem.attributes().number("p");
    long count = problem.input("x").count();
    boolean inPlace = problem.attributes().flag("in_place");
    DropoutState state =
        new DropoutState(
            bench.library, trial.structure("state", DropoutState.DTYPE, DropoutState.SHAPE));
    state.reset(trial.stream(), SEED, OFFSET);
    Tensor x = trial.writable("x", dtype, problem.input("x"));
    Tensor dY = trial.writable("dY", dtype, problem.upstream("y"));
    @Nullable Tensor residual =
        trial.optionalInput("residual", dtype, problem.optionalInput("residual"));
    Tensor y = inPlace ? x : trial.output("y", dtype, count);
    Tensor dX = inPlace ? dY : trial.output("dX", dtype, count);
    bench.dropout.forward(trial.stream(), y, x, residual, state, PLACE, p);
    bench.dropout.backward(trial.stream(), dX, dY, state, PLACE, p);
    return new Answers().out("y", trial.read(y)).grad("x", trial.read(dX));
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    double scale = expected.maxAbs(tensor);
    boolean copied =
        problem.attributes().number("p") == 0 && problem.optionalInput("residual") == null;
    return (copied ? Tolerances.EXACT : Tolerances.DROPPED_OUT)
        .of(problem.dtype(), 1, scale, scale);
  }
}
