package dev.lockstep.grill.toy;

import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.SquaredErrorFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.UnaryOperator;

/**
 * Normal points x and a function of two projections of each, {@code f(a·x, b·x)}, for directions a
 * and b of length about 1: data to learn from, and as much again to be judged by.
 *
 * @param width of a point
 * @param x {@code [points, width]}
 * @param y {@code [points]}
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record TwoProjections(int width, double[] x, double[] y, double[] newX, double[] newY) {
  /** Draws directions and points. */
  public static TwoProjections draw(
      Draws draws, int points, int width, DoubleBinaryOperator function) {
    double[] a = draws.normals(width, 1 / Math.sqrt(width));
    double[] b = draws.normals(width, 1 / Math.sqrt(width));
    double[] x = draws.normals(points * width, 1);
    double[] newX = draws.normals(points * width, 1);
    return new TwoProjections(
        width, x, values(x, a, b, function), newX, values(newX, a, b, function));
  }

  private static double[] values(
      double[] x, double[] a, double[] b, DoubleBinaryOperator function) {
    double[] y = new double[x.length / a.length];
    for (int i = 0; i < y.length; i++) {
      double p = 0;
      double q = 0;
      for (int j = 0; j < a.length; j++) {
        p += a[j] * x[i * a.length + j];
        q += b[j] * x[i * a.length + j];
      }
      y[i] = function.applyAsDouble(p, q);
    }
    return y;
  }

  /** The mean squared error of a model on {@code count} points to learn from. */
  public Variable loss(UnaryOperator<Variable> model, Tape tape, int from, int count) {
    return squaredError(
        model,
        tape,
        Arrays.copyOfRange(x, from * width, (from + count) * width),
        Arrays.copyOfRange(y, from, from + count));
  }

  /** Its mean squared error on the new points over the variance there: 1 is that of the mean. */
  public double relativeError(UnaryOperator<Variable> model) {
    double mean = Arrays.stream(newY).average().orElseThrow();
    double variance = Arrays.stream(newY).map(v -> (v - mean) * (v - mean)).sum() / newY.length;
    return squaredError(model, new Tape(), newX, newY).scalar() / variance;
  }

  private Variable squaredError(
      UnaryOperator<Variable> model, Tape tape, double[] points, double[] values) {
    return Primitives.mean(
        SquaredErrorFormula.elements(
            model.apply(tape.constant(points, values.length, width)),
            tape.constant(values, values.length, 1)));
  }
}
