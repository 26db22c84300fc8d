package dev.lockstep.profile.page;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/**
 * Points of one colour.
 *
 * @param name in the legend
 * @param style how they are drawn
 * @param points in the order they are joined in
 */
public record Series(String name, Style style, List<Point> points) {
  /** More are not to be told apart on a screen. */
  private static final int SHOWN = 1000;

  /** Pieces of a curve. */
  private static final int CURVE = 200;

  /** How points are drawn. */
  public enum Style {
    /** Joined. */
    LINE,
    /** Joined by a broken line: a bound. */
    BOUND,
    /** Apart, each with its own label. */
    POINTS
  }

  /**
   * One point. What is not finite is left out of the picture and breaks a line.
   *
   * @param label said when it is pointed at
   */
  public record Point(double x, double y, Optional<String> label) {
    /** A point without a label. */
    public static Point of(double x, double y) {
      return new Point(x, y, Optional.empty());
    }

    /** A point with one. */
    public static Point of(double x, double y, String label) {
      return new Point(x, y, Optional.of(label));
    }
  }

  public Series {
    points = List.copyOf(points);
  }

  /**
   * A line of at most a thousand points: where there are more, each is the mean of equally many.
   * Whether any is not finite, its mean is not either.
   */
  public static Series line(String name, List<Point> points) {
    int each = Math.ceilDiv(points.size(), SHOWN);
    if (each <= 1) {
      return new Series(name, Style.LINE, points);
    }
    List<Point> means = new ArrayList<>();
    for (int from = 0; from < points.size(); from += each) {
      List<Point> part = points.subList(from, Math.min(points.size(), from + each));
      means.add(
          Point.of(
              part.stream().mapToDouble(Point::x).average().orElseThrow(),
              part.stream().mapToDouble(Point::y).average().orElseThrow()));
    }
    return new Series(name, Style.LINE, means);
  }

  /** A line of a function over {@code [from, to]}, at 201 points. */
  public static Series curve(String name, double from, double to, DoubleUnaryOperator f) {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i <= CURVE; i++) {
      double x = from + (to - from) * i / CURVE;
      points.add(Point.of(x, f.applyAsDouble(x)));
    }
    return new Series(name, Style.LINE, points);
  }

  /** A line through {@code y[0], y[1], …} at 0, 1, …, for example the losses of a run. */
  public static Series steps(String name, double[] y) {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < y.length; i++) {
      points.add(Point.of(i, y[i]));
    }
    return line(name, points);
  }
}
