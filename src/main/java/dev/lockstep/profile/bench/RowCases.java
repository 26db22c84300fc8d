package dev.lockstep.profile.bench;

import dev.lockstep.numeric.DType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** What is measured: every pass of every row kernel, in a fixed order. */
public final class RowCases {
  private RowCases() {}

  /**
   * All cases.
   *
   * @param dtype storage type: f32, f16 or bf16
   */
  public static List<BenchCase> all(DType dtype, Sizes sizes) {
    List<BenchCase> cases = new ArrayList<>();
    NormCases.add(cases, dtype, sizes);
    LossCases.add(cases, dtype, sizes);
    PointwiseCases.add(cases, dtype, sizes);
    OptimizerCases.add(cases, dtype, sizes);
    OtherCases.add(cases, dtype, sizes);
    return cases;
  }

  /**
   * Those of some kernels.
   *
   * @param names kernels or groups of them; none takes all
   * @throws IllegalArgumentException for a name that is neither; the message lists all
   */
  public static List<BenchCase> of(Collection<String> names, DType dtype, Sizes sizes) {
    return Selection.of("row kernel", all(dtype, sizes), names);
  }
}
