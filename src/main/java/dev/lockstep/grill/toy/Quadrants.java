package dev.lockstep.grill.toy;

import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * Normal inputs in {@value #INPUTS} dimensions and four classes: whether x₀x₁ is positive, and
 * whether x₂ exceeds x₃.
 *
 * @param inputs {@code [count, 8]}
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Quadrants(double[] inputs, int[] labels) {
  /** Dimensions of the input. */
  public static final int INPUTS = 8;

  /** Classes. */
  public static final int CLASSES = 4;

  /** Draws samples. */
  public static Quadrants draw(Draws draws, int count) {
    double[] x = draws.normals(count * INPUTS, 1);
    int[] labels = new int[count];
    Arrays.setAll(
        labels,
        p -> {
          int at = p * INPUTS;
          return (x[at] * x[at + 1] > 0 ? 2 : 0) + (x[at + 2] > x[at + 3] ? 1 : 0);
        });
    return new Quadrants(x, labels);
  }

  /** Some of the samples, each drawn alone. */
  public Quadrants batch(Draws draws, int count) {
    double[] x = new double[count * INPUTS];
    int[] chosen = new int[count];
    for (int b = 0; b < count; b++) {
      int p = draws.below(labels.length);
      System.arraycopy(inputs, p * INPUTS, x, b * INPUTS, INPUTS);
      chosen[b] = labels[p];
    }
    return new Quadrants(x, chosen);
  }

  /** The mean cross-entropy of what a network makes of them. */
  public Variable loss(Tape tape, UnaryOperator<Variable> network) {
    Variable x = tape.constant(inputs, labels.length, INPUTS);
    return CrossEntropyFormula.mean().loss(network.apply(x), labels).loss();
  }
}
