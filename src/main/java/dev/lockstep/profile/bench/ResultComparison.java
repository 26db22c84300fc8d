package dev.lockstep.profile.bench;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Two files of results, figure by figure.
 *
 * @param lines one for each figure of either
 */
public record ResultComparison(List<Line> lines) {
  /** What became of a figure. */
  public enum Verdict {
    /** Worse, by more than noise. */
    WORSE,
    /** Better, by more than noise. */
    BETTER,
    /** The same, as far as can be told. */
    SAME,
    /** Only in the first file. */
    GONE,
    /** Only in the second. */
    NEW
  }

  /** One figure. */
  public record Line(
      String name, @Nullable Measurement before, @Nullable Measurement after, Verdict verdict) {
    /** The second for each of the first; NaN where there is one alone. */
    public double ratio() {
      return before == null || after == null ? Double.NaN : after.value() / before.value();
    }

    /** Name, both values, their ratio and the verdict. */
    public List<String> cells() {
      return List.of(
          name,
          value(before),
          value(after),
          Double.isFinite(ratio()) ? String.format(Locale.ROOT, "%.3f", ratio()) : "",
          verdict == Verdict.SAME ? "" : verdict.name().toLowerCase(Locale.ROOT));
    }

    private static String value(@Nullable Measurement figure) {
      if (figure == null) {
        return "";
      }
      String number =
          figure.timed()
              ? String.format(Locale.ROOT, "%.4g", figure.value())
              : String.format(Locale.ROOT, "%,.0f", figure.value());
      String error =
          figure.error() > 0 ? String.format(Locale.ROOT, " ± %.2g", figure.error()) : "";
      return number + error + (figure.timed() ? " " + figure.unit() : "");
    }
  }

  public ResultComparison {
    lines = List.copyOf(lines);
  }

  /**
   * Compares.
   *
   * @param noise share by which times of the same program may differ, 0.05 for example; where a
   *     file gives intervals, they must not overlap either. What was counted has no noise.
   */
  public static ResultComparison of(
      Map<String, Measurement> before, Map<String, Measurement> after, double noise) {
    Set<String> names = new LinkedHashSet<>(before.keySet());
    names.addAll(after.keySet());
    List<Line> lines = new ArrayList<>();
    for (String name : names) {
      Measurement first = before.get(name);
      Measurement second = after.get(name);
      lines.add(new Line(name, first, second, verdict(first, second, noise)));
    }
    return new ResultComparison(lines);
  }

  private static Verdict verdict(
      @Nullable Measurement before, @Nullable Measurement after, double noise) {
    if (before == null || after == null) {
      return before == null ? Verdict.NEW : Verdict.GONE;
    }
    double grown = after.value() - before.value();
    double room =
        before.timed()
            ? Math.max(before.error() + after.error(), noise * Math.abs(before.value()))
            : 0;
    // What is not a number any more is worse; what was none before cannot be compared.
    if (Double.isNaN(grown)) {
      return Double.isNaN(before.value()) ? Verdict.SAME : Verdict.WORSE;
    }
    if (Math.abs(grown) <= room) {
      return Verdict.SAME;
    }
    return grown > 0 == before.lowerIsBetter() ? Verdict.WORSE : Verdict.BETTER;
  }

  /** Figures with that verdict. */
  public long count(Verdict verdict) {
    return lines.stream().filter(line -> line.verdict() == verdict).count();
  }
}
