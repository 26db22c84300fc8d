package dev.lockstep.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

/** That leaves are stepped by their own gradients and states; the goldens hold the formulas. */
class DescentTests {
  private static final AdamFormula ADAM = AdamFormula.adamW(0.9, 0.999, 1e-8);

  private final Leaf a = new Leaf("a", new double[] {1, -2}, 2);
  private final Leaf b = new Leaf("b", new double[] {3}, 1);
  private final List<Leaf> both = List.of(a, b);

  private void gradients(double ofA, double ofB) {
    both.forEach(Leaf::zeroGradient);
    a.gradient()[0] = ofA;
    b.gradient()[0] = ofB;
  }

  @Test
  void adamStepsEachLeafByItsFormula() {
    double[] expectedA = a.values().clone();
    double[] expectedB = b.values().clone();
    AdamFormula.State stateA = new AdamFormula.State(2);
    AdamFormula.State stateB = new AdamFormula.State(1);
    Descent optimizer = Descent.adam(0.01, ADAM, 0.1);
    for (double gradient : new double[] {1, -4, 0.5}) {
      gradients(gradient, 2);
      ADAM.step(expectedA, a.gradient(), stateA, 0.01, 0.1);
      ADAM.step(expectedB, b.gradient(), stateB, 0.01, 0.1);
      optimizer.step(both);
    }
    assertThat(a.values()).containsExactly(expectedA).isNotEqualTo(new double[] {1, -2});
    assertThat(b.values()).containsExactly(expectedB);
    assertThat(a.version()).isEqualTo(3);
    assertThat(b.gradient()).containsExactly(2);
  }

  /** w ← w − lr (g + wd w) and w ← (1 − lr wd) w − lr g are one thing until momentum holds g. */
  @Test
  void decayIsCoupledOrNot() {
    Leaf coupled = new Leaf("coupled", new double[] {1}, 1);
    Leaf decoupled = new Leaf("decoupled", new double[] {1}, 1);
    run(Descent.sgd(0.5, 0, 0.1), coupled);
    run(Descent.sgdW(0.5, 0, 0.1), decoupled);
    assertThat(coupled.values()[0]).isCloseTo(Math.pow(0.95, 20), within(1e-15));
    assertThat(decoupled.values()[0]).isCloseTo(coupled.values()[0], within(1e-15));
    Leaf withMomentum = new Leaf("coupled", new double[] {1}, 1);
    Leaf without = new Leaf("decoupled", new double[] {1}, 1);
    run(Descent.sgd(0.5, 0.9, 0.1), withMomentum);
    run(Descent.sgdW(0.5, 0.9, 0.1), without);
    assertThat(without.values()[0]).isCloseTo(Math.pow(0.95, 20), within(1e-15));
    assertThat(withMomentum.values()[0]).isLessThan(0);
  }

  private static void run(Descent descent, Leaf leaf) {
    for (int i = 0; i < 20; i++) {
      descent.step(List.of(leaf));
    }
  }
}
