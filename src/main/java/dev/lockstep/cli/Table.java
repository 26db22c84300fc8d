package dev.lockstep.cli;

import java.util.ArrayList;
import java.util.List;

/** Columns of text, each as wide as its widest cell; numbers are aligned by the caller. */
final class Table {
  private static final String GAP = "  ";

  private final List<List<String>> rows = new ArrayList<>();

  Table row(String... cells) {
    return row(List.of(cells));
  }

  Table row(List<String> cells) {
    rows.add(cells);
    return this;
  }

  /** The rows as lines, without spaces at their ends. */
  List<String> lines() {
    List<Integer> widths = new ArrayList<>();
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        int width = row.get(i).length();
        if (i == widths.size()) {
          widths.add(width);
        } else {
          widths.set(i, Math.max(widths.get(i), width));
        }
      }
    }
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private static String line(List<String> row, List<Integer> widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.size(); i++) {
      line.append(row.get(i)).repeat(' ', widths.get(i) - row.get(i).length()).append(GAP);
    }
    return line.toString().stripTrailing();
  }
}
