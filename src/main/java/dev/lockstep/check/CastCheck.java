package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Copies into another storage type: rounded to nearest even, every bit checked. */
final class CastCheck implements OpCheck {
  private static final List<DType> TYPES = List.of(DType.F32, DType.BF16, DType.F16);

  @Override
  public String op() {
    return "cast";
  }

  /** {@code dtype} is the source. */
  @Override
  public List<Problem> problems(DType dtype) {
    List<Problem> problems = new ArrayList<>();
    for (DType target : TYPES) {
      if (target != dtype) {
        double[] values = everyKind();
        problems.add(make(dtype, target, "every_kind", values).build());
        problems.add(make(dtype, target, "one", 1.0).build());
        problems.add(
            make(dtype, target, "misaligned", Arrays.copyOf(values, 77))
                .with(Problems.MISALIGNED, true)
                .build());
      }
    }
    return problems;
  }

  private Problems make(DType source, DType target, String variant, double... values) {
    return new Problems(op(), source, "to_" + target.suffix() + "_" + variant)
        .with("to", target.name())
        .input("x", new HostArray(values, values.length));
  }

  /**
   * Random bits reach every exponent, subnormals included; beside them halfway cases of both narrow
   * types, their largest numbers, what just overflows, zeros, infinities and NaN.
   */
  private static double[] everyKind() {
    Random random = new Random(1);
    double[] bits = random.ints(4001).mapToDouble(Float::intBitsToFloat).toArray();
    double[] chosen = {
      0.0,
      -0.0,
      1,
      -1,
      65504,
      65519,
      65520,
      -65520,
      1e-8,
      0x1p-25,
      0x1p-24,
      0x1.8p-24,
      0x1p-133,
      0x1p-134,
      0x1.8p-133,
      1 + 0x1p-8,
      1 + 0x1.8p-7,
      1 + 0x1p-11,
      1 + 0x1.8p-10,
      3.4028235e38,
      3.3895314e38,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      Double.NaN
    };
    double[] values = Arrays.copyOf(chosen, chosen.length + bits.length);
    System.arraycopy(bits, 0, values, chosen.length, bits.length);
    return values;
  }

  @Override
  public Answers reference(Problem problem) {
    return new Answers().out("y", problem.input("x").rounded(target(problem)).values());
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    Tensor x = trial.input("x", problem.dtype(), problem.input("x"));
    Tensor y = trial.output("y", target(problem), problem.input("x").extents());
    bench.cast.cast(trial.stream(), y, x);
    return new Answers().out("y", trial.read(y));
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    return Tolerances.EXACT.of(problem.dtype(), 1, 0, 0);
  }

  private static DType target(Problem problem) {
    return DType.valueOf(problem.attributes().text("to"));
  }
}
