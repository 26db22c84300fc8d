package dev.lockstep.grill.toy;

import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;

/**
 * Two spirals that wind around each other: no straight line parts them, and a few layers can.
 *
 * @param points {@code [count, 2]}, within a circle of radius about 1
 * @param classes 0 and 1 in turn
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Spirals(double[] points, int[] classes) {
  /** Where a spiral begins. */
  private static final double INNER = 0.1;

  /**
   * Draws points.
   *
   * @param turns of each spiral from its inner to its outer end
   * @param noise standard deviation added to both coordinates
   */
  public static Spirals draw(Draws draws, int count, double turns, double noise) {
    double[] points = new double[2 * count];
    int[] classes = new int[count];
    for (int i = 0; i < count; i++) {
      classes[i] = i % 2;
      double along = draws.uniform(0, 1);
      double radius = INNER + (1 - INNER) * along;
      double angle = 2 * Math.PI * turns * along + Math.PI * classes[i];
      points[2 * i] = radius * Math.cos(angle) + noise * draws.normal();
      points[2 * i + 1] = radius * Math.sin(angle) + noise * draws.normal();
    }
    return new Spirals(points, classes);
  }

  /** The points, {@code [count, 2]}, as an input without gradient. */
  public Variable inputs(Tape tape) {
    return tape.constant(points, classes.length, 2);
  }

  /** Mean cross-entropy of logits {@code [count, 2]}; ln 2 where nothing is learnt. */
  public Variable loss(Variable logits) {
    return CrossEntropyFormula.mean().loss(logits, classes).loss();
  }
}
