package dev.lockstep.grill.toy;

import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.profile.page.Series.Point;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Series and charts for the pictures of labs. */
public final class Figures {
  private Figures() {}

  /** A line through the points {@code (x[i], y[i])}. */
  public static Series line(String name, double[] x, double[] y) {
    return Series.line(name, points(x, y));
  }

  /** The same points without the line. */
  public static Series dots(String name, double[] x, double[] y) {
    return new Series(name, Series.Style.POINTS, points(x, y));
  }

  /** A broken horizontal line. */
  public static Series level(String name, double from, double to, double y) {
    return new Series(name, Series.Style.BOUND, List.of(Point.of(from, y), Point.of(to, y)));
  }

  /** Values side by side, each a point with its label: what a bar chart would show. */
  public static Series labelled(String name, List<String> labels, double[] y) {
    return new Series(
        name,
        Series.Style.POINTS,
        IntStream.range(0, y.length).mapToObj(i -> Point.of(i, y[i], labels.get(i))).toList());
  }

  /**
   * What two ways reached on the same data and starts, a line for each pair.
   *
   * @param first at 0
   * @param second at 1
   */
  public static Chart pairs(
      String title, Axis y, String first, double[] ofFirst, String second, double[] ofSecond) {
    return new Chart.Plot(
        title,
        Axis.linear("0 %s, 1 %s".formatted(first, second)),
        y,
        IntStream.range(0, ofFirst.length)
            .mapToObj(
                i ->
                    Series.line(
                        "pair " + (i + 1),
                        List.of(Point.of(0, ofFirst[i], first), Point.of(1, ofSecond[i], second))))
            .toList());
  }

  /**
   * A colour for every element of a matrix.
   *
   * @param row name of a row, before its number
   */
  public static Chart matrix(String title, String column, String row, double[][] values) {
    return new Chart.HeatMap(
        title,
        column,
        IntStream.range(0, values[0].length).mapToObj(i -> (double) i).toList(),
        IntStream.range(0, values.length).mapToObj(i -> row + i).toList(),
        Arrays.stream(values).map(each -> Arrays.stream(each).boxed().toList()).toList(),
        false);
  }

  private static List<Point> points(double[] x, double[] y) {
    return IntStream.range(0, y.length).mapToObj(i -> Point.of(x[i], y[i])).toList();
  }
}
