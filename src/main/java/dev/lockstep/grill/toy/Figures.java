package dev.lockstep.grill.toy;

import dev.lockstep.profile.page.Series;
import dev.lockstep.profile.page.Series.Point;
import java.util.List;
import java.util.stream.IntStream;

/** Series for the pictures of labs. */
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

  private static List<Point> points(double[] x, double[] y) {
    return IntStream.range(0, y.length).mapToObj(i -> Point.of(x[i], y[i])).toList();
  }
}
