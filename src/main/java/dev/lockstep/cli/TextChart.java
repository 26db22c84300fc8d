package dev.lockstep.cli;

import dev.lockstep.grill.evidence.Numeral;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import java.util.ArrayList;
import java.util.List;

/** Charts as text: every character is a grid of 2 by 4 Braille dots, or a shade of a heat map. */
final class TextChart {
  /** With room for the numbers at the right end. */
  private static final int COLUMNS = Math.min(60, Paragraphs.columns() - 14);

  private static final int ROWS = 14;
  private static final String SHADES = " ░▒▓█";

  /** Bits of the dots of a Braille character by column and row. */
  private static final int[][] DOTS = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};

  private TextChart() {}

  /** The chart with its title, as lines. */
  static List<String> lines(Chart chart) {
    List<String> lines = new ArrayList<>(List.of(chart.title()));
    switch (chart) {
      case Chart.Plot plot -> lines.addAll(plot(plot));
      case Chart.HeatMap map -> lines.addAll(heat(map));
    }
    return lines;
  }

  private static List<String> plot(Chart.Plot plot) {
    List<Series.Point> seen =
        plot.series().stream()
            .flatMap(series -> series.points().stream())
            .filter(point -> usable(plot.x(), point.x()) && usable(plot.y(), point.y()))
            .toList();
    if (seen.isEmpty()) {
      return List.of("  (nothing to draw)");
    }
    Range x = Range.of(plot.x(), seen.stream().mapToDouble(Series.Point::x).toArray());
    Range y = Range.of(plot.y(), seen.stream().mapToDouble(Series.Point::y).toArray());
    List<String> lines = new ArrayList<>();
    for (int s = 0; s < plot.series().size(); s++) {
      Series series = plot.series().get(s);
      lines.add("  " + (plot.series().size() > 1 ? series.name() : plot.y().label()));
      lines.addAll(drawing(series, plot, x, y));
    }
    lines.add(
        "  %s … %s  %s".formatted(Numeral.text(x.low), Numeral.text(x.high), plot.x().label()));
    return lines;
  }

  private static List<String> drawing(Series series, Chart.Plot plot, Range x, Range y) {
    int height = plot.series().size() > 1 ? ROWS / 2 : ROWS;
    int[][] cells = new int[height][COLUMNS];
    int before = -1;
    int beforeY = 0;
    for (Series.Point point : series.points()) {
      if (!usable(plot.x(), point.x()) || !usable(plot.y(), point.y())) {
        before = -1;
        continue;
      }
      int column = x.place(point.x(), 2 * COLUMNS - 1);
      int row = 4 * height - 1 - y.place(point.y(), 4 * height - 1);
      boolean joined = before >= 0 && series.style() != Series.Style.POINTS;
      int steps =
          joined ? Math.max(1, Math.max(Math.abs(column - before), Math.abs(row - beforeY))) : 1;
      for (int i = joined ? 0 : steps; i <= steps; i++) {
        int c = joined ? before + (column - before) * i / steps : column;
        int r = joined ? beforeY + (row - beforeY) * i / steps : row;
        cells[r / 4][c / 2] |= DOTS[c % 2][r % 4];
      }
      before = column;
      beforeY = row;
    }
    List<String> lines = new ArrayList<>();
    for (int r = 0; r < height; r++) {
      StringBuilder line = new StringBuilder("  ");
      for (int cell : cells[r]) {
        line.append((char) (0x2800 + cell));
      }
      if (r == 0) {
        line.append(" ").append(Numeral.text(y.high));
      } else if (r == height - 1) {
        line.append(" ").append(Numeral.text(y.low));
      }
      lines.add(line.toString());
    }
    return lines;
  }

  private static List<String> heat(Chart.HeatMap map) {
    Axis axis = map.logarithmic() ? Axis.log("") : Axis.linear("");
    double[] seen =
        map.values().stream()
            .flatMap(List::stream)
            .mapToDouble(value -> value)
            .filter(value -> usable(axis, value))
            .toArray();
    if (seen.length == 0) {
      return List.of("  (nothing to draw)");
    }
    Range shades = Range.of(axis, seen);
    List<String> lines = new ArrayList<>();
    for (int r = 0; r < map.rows().size(); r++) {
      StringBuilder line = new StringBuilder("  ");
      for (double value : map.values().get(r)) {
        char shade =
            usable(axis, value) ? SHADES.charAt(shades.place(value, SHADES.length() - 1)) : '?';
        line.append(shade).append(shade);
      }
      lines.add(line.append("  ").append(map.rows().get(r)).toString());
    }
    lines.add(
        "  %s   '%c' %s … '%c' %s"
            .formatted(
                map.columnLabel(),
                SHADES.charAt(0),
                Numeral.text(shades.low),
                SHADES.charAt(SHADES.length() - 1),
                Numeral.text(shades.high)));
    return lines;
  }

  private static boolean usable(Axis axis, double value) {
    return Double.isFinite(value) && (!axis.logarithmic() || value > 0);
  }

  /** From the smallest to the largest value of an axis. */
  private record Range(boolean logarithmic, double low, double high) {
    static Range of(Axis axis, double[] values) {
      double low = Double.POSITIVE_INFINITY;
      double high = Double.NEGATIVE_INFINITY;
      for (double value : values) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      return new Range(axis.logarithmic(), low, high);
    }

    /** Where a value lies among 0 … last. */
    int place(double value, int last) {
      double from = logarithmic ? Math.log(low) : low;
      double to = logarithmic ? Math.log(high) : high;
      double at = logarithmic ? Math.log(value) : value;
      return to > from ? (int) Math.round((at - from) / (to - from) * last) : last / 2;
    }
  }
}
