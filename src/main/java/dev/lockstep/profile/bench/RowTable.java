package dev.lockstep.profile.bench;

import dev.lockstep.profile.Units;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** Results as lines of text, each printed as soon as it is known, and as a table of Markdown. */
public final class RowTable {
  private static final List<String> COUNTED =
      List.of(
          "kernel",
          "pass",
          "dtype",
          "shape",
          "fewest",
          "ratio",
          "limit",
          "instr",
          "conflicts",
          "regs",
          "spilled",
          "occupancy",
          "memory us",
          "issue us",
          "");
  private static final List<String> TIMED =
      List.of(
          "kernel",
          "pass",
          "dtype",
          "shape",
          "fewest",
          "us",
          "memory us",
          "GB/s",
          "of peak",
          "regs",
          "spilled",
          "occupancy",
          "");

  private final boolean counts;
  private final List<Integer> widths = new ArrayList<>();

  /**
   * A table for these cases.
   *
   * @param counts whether their results will say what was counted, and not how long it took
   */
  public RowTable(List<RowCase> cases, boolean counts) {
    this.counts = counts;
    titles().forEach(title -> widths.add(title.length()));
    for (RowCase row : cases) {
      List<String> names = names(row);
      for (int i = 0; i < names.size(); i++) {
        widths.set(i, Math.max(widths.get(i), names.get(i).length()));
      }
    }
  }

  /** The titles of the columns. */
  public String header() {
    return line(titles());
  }

  /** One result. */
  public String line(RowResult result) {
    return line(cells(result));
  }

  /** All of them as a table of Markdown. */
  public List<String> markdown(List<RowResult> results) {
    List<String> lines = new ArrayList<>();
    lines.add("| " + String.join(" | ", titles()) + " |");
    lines.add("|---|---|---|---|" + "---:|".repeat(titles().size() - 5) + "---|");
    results.forEach(result -> lines.add("| " + String.join(" | ", cells(result)) + " |"));
    return lines;
  }

  private List<String> titles() {
    return counts ? COUNTED : TIMED;
  }

  private static List<String> names(RowCase row) {
    return List.of(
        row.kernel(),
        row.pass(),
        row.dtype().suffix(),
        row.extents(),
        Units.bytes(row.fewestBytes()));
  }

  private List<String> cells(RowResult result) {
    List<String> cells = new ArrayList<>(names(result.row()));
    if (counts) {
      cells.add(number("%.3f", result.ratio()));
      cells.add(number("%.2f", result.row().limit()));
      cells.add(number("%.2f", result.instructionsPerElement()));
      cells.add(result.traffic().map(counted -> "" + counted.bankConflicts()).orElse(""));
    } else {
      cells.add(microseconds(result.seconds()));
      cells.add(microseconds(result.memorySeconds()));
      OptionalDouble rate = result.bytesPerSecond();
      cells.add(rate.isPresent() ? "%.0f".formatted(rate.getAsDouble() * 1e-9) : "");
      cells.add(
          rate.isPresent() && result.gpu().isPresent()
              ? "%.0f %%".formatted(100 * rate.getAsDouble() / result.gpu().get().rates().memory())
              : "");
    }
    cells.add(result.resources().map(taken -> "" + taken.registers()).orElse(""));
    cells.add("" + result.spillBytes());
    cells.add(result.occupancy().map(share -> "%.0f %%".formatted(100 * share.share())).orElse(""));
    if (counts) {
      cells.add(microseconds(result.memorySeconds()));
      cells.add(microseconds(result.issueSeconds()));
    }
    cells.add(result.misses().isEmpty() ? "" : "MISSED");
    return cells;
  }

  private static String microseconds(OptionalDouble seconds) {
    return seconds.isPresent()
        ? number("%.1f", OptionalDouble.of(seconds.getAsDouble() * 1e6))
        : "";
  }

  private static String number(String format, OptionalDouble value) {
    return value.isPresent() ? String.format(Locale.ROOT, format, value.getAsDouble()) : "";
  }

  private String line(List<String> cells) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < cells.size(); i++) {
      String cell = cells.get(i);
      String padding = " ".repeat(Math.max(0, widths.get(i) - cell.length()));
      line.append(i == 0 ? "" : "  ").append(i < 4 ? cell + padding : padding + cell);
    }
    return line.toString().stripTrailing();
  }
}
