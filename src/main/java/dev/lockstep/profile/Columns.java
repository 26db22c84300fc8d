package dev.lockstep.profile;

import java.util.ArrayList;
import java.util.List;

/** Lines of cells: words start at the left of their column, numbers end at the right. */
public final class Columns {
  private static final String GAP = "  ";

  private final String alignment;
  private final List<List<String>> rows = new ArrayList<>();

  /** Columns that all start at the left. */
  public Columns() {
    this("l");
  }

  /**
   * @param alignment {@code l} or {@code r} for each column; the last goes for all behind it
   */
  public Columns(String alignment) {
    this.alignment = alignment;
  }

  /** The same with one more row. */
  public Columns row(String... cells) {
    return row(List.of(cells));
  }

  /** The same with one more row. */
  public Columns row(List<String> cells) {
    rows.add(cells);
    return this;
  }

  /** The rows, each column as wide as its widest cell, without spaces at the ends. */
  public List<String> lines() {
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

  private String line(List<String> row, List<Integer> widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.size(); i++) {
      String padding = " ".repeat(widths.get(i) - row.get(i).length());
      boolean left = alignment.charAt(Math.min(i, alignment.length() - 1)) == 'l';
      line.append(i == 0 ? "" : GAP);
      line.append(left ? row.get(i) + padding : padding + row.get(i));
    }
    return line.toString().stripTrailing();
  }
}
