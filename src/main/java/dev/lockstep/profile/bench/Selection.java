package dev.lockstep.profile.bench;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Cases by the names of their kernels. */
final class Selection {
  private Selection() {}

  /**
   * Those of some kernels.
   *
   * @param what they are, for example {@code row kernel}
   * @param names kernels or groups of them; none takes all
   * @throws IllegalArgumentException for a name that is neither; the message lists all
   */
  static List<BenchCase> of(String what, List<BenchCase> cases, Collection<String> names) {
    Set<String> groups = new LinkedHashSet<>();
    Set<String> kernels = new LinkedHashSet<>();
    for (BenchCase row : cases) {
      groups.add(row.group());
      kernels.add(row.kernel());
    }
    for (String name : names) {
      if (!groups.contains(name) && !kernels.contains(name)) {
        throw new IllegalArgumentException(
            "no %s \"%s\"; there are %s; and groups of them: %s"
                .formatted(what, name, String.join(", ", kernels), String.join(", ", groups)));
      }
    }
    return cases.stream()
        .filter(
            row -> names.isEmpty() || names.contains(row.kernel()) || names.contains(row.group()))
        .toList();
  }
}
