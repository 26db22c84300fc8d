package dev.lockstep.profile.bench;

import dev.lockstep.numeric.DType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What is measured: every pass of every row kernel, in a fixed order. */
public final class RowCases {
  private RowCases() {}

  /**
   * All cases.
   *
   * @param dtype storage type: f32, f16 or bf16
   */
  public static List<RowCase> all(DType dtype, Sizes sizes) {
    List<RowCase> cases = new ArrayList<>();
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
  public static List<RowCase> of(Collection<String> names, DType dtype, Sizes sizes) {
    List<RowCase> cases = all(dtype, sizes);
    Set<String> groups = new LinkedHashSet<>();
    Set<String> kernels = new LinkedHashSet<>();
    for (RowCase row : cases) {
      groups.add(row.group());
      kernels.add(row.kernel());
    }
    for (String name : names) {
      if (!groups.contains(name) && !kernels.contains(name)) {
        throw new IllegalArgumentException(
            "no row kernel \"%s\"; there are %s; and groups of them: %s"
                .formatted(name, String.join(", ", kernels), String.join(", ", groups)));
      }
    }
    return cases.stream()
        .filter(
            row -> names.isEmpty() || names.contains(row.kernel()) || names.contains(row.group()))
        .toList();
  }
}
