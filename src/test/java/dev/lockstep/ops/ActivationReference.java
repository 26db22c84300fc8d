package dev.lockstep.ops;

import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.Arrays;

/** Values and derivatives of activations, from the package {@code reference}. */
final class ActivationReference {
  private ActivationReference() {}

  static double[] values(Activation activation, double[] x, double slope) {
    Variable input = new Tape().variable(x, x.length);
    return ActivationFormula.named(activation.label()).apply(input, slope).values();
  }

  static double[] derivatives(Activation activation, double[] x, double slope) {
    Tape tape = new Tape();
    Variable input = tape.variable(x, x.length);
    double[] ones = new double[x.length];
    Arrays.fill(ones, 1);
    ActivationFormula.named(activation.label()).apply(input, slope).seedGradient(ones);
    tape.reverse();
    return input.gradient();
  }
}
