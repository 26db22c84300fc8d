package dev.lockstep.cli;

import dev.lockstep.check.CheckReport;
import dev.lockstep.check.CheckResult;
import dev.lockstep.numeric.DType;
import dev.lockstep.profile.Columns;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Results of a check, for people. */
final class CheckTable {
  private CheckTable() {}

  /** One case. */
  static String line(CheckResult result) {
    String status = result.status().label();
    String what = result.name().contains(result.op()) ? "" : result.op() + " ";
    String head = "%-11s %s%s".formatted(status, what, result.name());
    String error =
        result.tensor().isEmpty()
            ? ""
            : "  %s error %.3g, tolerance %.3g"
                .formatted(result.tensor(), result.worstError(), result.tolerance());
    return head + error + (result.reason().isEmpty() ? "" : "  (" + result.reason() + ")");
  }

  /** A row for each op and type with its worst case, then the totals. */
  static List<String> summary(CheckReport report) {
    Map<Group, List<CheckResult>> groups = new LinkedHashMap<>();
    for (CheckResult result : report.results()) {
      groups
          .computeIfAbsent(new Group(result.op(), result.dtype()), group -> new ArrayList<>())
          .add(result);
    }
    Columns table = new Columns();
    table.row(
        "op", "dtype", "passed", "failed", "unsupported", "worst error", "tolerance", "used", "at");
    groups.forEach((group, results) -> row(table, group, results));
    List<String> lines = new ArrayList<>(table.lines());
    lines.add("");
    lines.add(
        "%d passed, %d failed, %d unsupported"
            .formatted(report.passed(), report.failed(), report.unsupported()));
    long onHost = report.results().stream().filter(CheckResult::onHost).count();
    if (onHost > 0) {
      lines.add(onHost + " of ops without a kernel: their formulas ran on the host");
    }
    return lines;
  }

  private static void row(Columns table, Group group, List<CheckResult> results) {
    CheckResult worst =
        results.stream()
            .max(Comparator.comparingDouble(CheckTable::used))
            .orElseThrow(() -> new AssertionError("a group has results"));
    boolean compared = !worst.tensor().isEmpty();
    table.row(
        group.op,
        group.dtype.suffix(),
        count(results, CheckResult.Status.PASSED, "passed".length()),
        count(results, CheckResult.Status.FAILED, "failed".length()),
        count(results, CheckResult.Status.UNSUPPORTED, "unsupported".length()),
        compared ? "%11.3g".formatted(worst.worstError()) : "",
        compared ? "%9.3g".formatted(worst.tolerance()) : "",
        compared ? "%3.0f%%".formatted(100 * used(worst)) : "",
        compared ? worst.name() + " " + worst.tensor() : "");
  }

  private static String count(List<CheckResult> results, CheckResult.Status status, int width) {
    long count = results.stream().filter(result -> result.status() == status).count();
    return ("%" + width + "d").formatted(count);
  }

  /** Share of the tolerance that the worst error takes; what could not be compared counts least. */
  private static double used(CheckResult result) {
    if (result.tensor().isEmpty()) {
      return -1;
    }
    if (result.tolerance() == 0) {
      return result.worstError() == 0 ? 0 : Double.POSITIVE_INFINITY;
    }
    double used = result.worstError() / result.tolerance();
    return Double.isNaN(used) ? Double.POSITIVE_INFINITY : used;
  }

  private record Group(String op, DType dtype) {}
}
