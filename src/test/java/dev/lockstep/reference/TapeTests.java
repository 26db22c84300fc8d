package dev.lockstep.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a tape accumulates, counts, and refuses. */
class TapeTests {
  private static final int WIDTH = 8;
  private static final int BATCH = 3;
  private final Random random = new Random(5);
  private final Tape tape = new Tape();

  @Test
  void sweepsAddToInputsAndLeavesAndStartAnewElsewhere() {
    Leaf weight = new Leaf("weight", new double[] {2, -1}, 2);
    Variable w = tape.variable(weight);
    Variable x = tape.variable(new double[] {3, 5}, 2);
    Variable product = Primitives.multiply(w, x);
    Variable loss = Primitives.sum(Primitives.multiply(product, product));
    tape.reverse(loss);
    assertThat(product.gradient()).containsExactly(12, -10);
    assertThat(x.gradient()).containsExactly(24, 10);
    assertThat(weight.gradient()).containsExactly(36, -50);
    tape.reverse();
    assertThat(product.gradient()).containsExactly(12, -10);
    assertThat(x.gradient()).containsExactly(48, 20);
    assertThat(weight.gradient()).containsExactly(72, -100);

    Tape next = new Tape();
    next.reverse(Primitives.sum(next.variable(weight)));
    assertThat(weight.gradient()).containsExactly(73, -99);
    weight.zeroGradient();
    assertThat(weight.gradient()).containsOnly(0);
  }

  @Test
  void rowsOfAJacobianComeFromOneTape() {
    Variable x = tape.variable(new double[] {2, 3}, 2);
    Variable y = Primitives.multiply(x, x);
    y.seedGradient(1, 0);
    tape.reverse();
    assertThat(x.gradient()).containsExactly(4, 0);
    tape.forgetSeeds();
    y.seedGradient(0, 1);
    tape.reverse();
    assertThat(y.gradient()).containsExactly(0, 1);
    assertThat(x.gradient()).containsExactly(4, 6);
    x.seedTangent(1, 0);
    tape.forward();
    tape.forward();
    assertThat(y.tangent()).containsExactly(4, 0);
    assertThat(tape.reverseSweeps()).isEqualTo(2);
    assertThat(tape.forwardSweeps()).isEqualTo(2);
  }

  @Test
  void aLeafIsOneVariableOfATape() {
    Leaf weight = new Leaf("weight", new double[] {3}, 1);
    Variable w = tape.variable(weight);
    assertThat(tape.variable(weight)).isSameAs(w);
    tape.reverse(Primitives.multiply(w, tape.variable(weight)));
    assertThat(weight.gradient()).containsExactly(6);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void updatedLeavesAreNotDifferentiatedAtTheOldPlace(boolean frozen) {
    Leaf weight = new Leaf("weight", new double[] {3}, 1);
    Variable x = tape.variable(new double[] {2}, 1);
    Variable w = frozen ? tape.constant(weight) : tape.variable(weight);
    Variable y = Primitives.multiply(w, x);
    weight.update(values -> values[0] = 4);
    assertThat(weight.values()).containsExactly(4);
    Variable again = Primitives.multiply(tape.variable(weight), x);
    assertThat(again.scalar()).isEqualTo(8);
    assertThatThrownBy(() -> tape.reverse(y))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("reverse: weight was read at version 0 and updated since, to version 1");
    assertThat(weight.gradient()).containsExactly(0);
  }

  @Test
  void constantsHaveNoGradient() {
    Variable c = tape.constant(new double[] {1, 2}, 1, 2);
    Variable x = tape.variable(new double[] {3, 4}, 1, 2);
    Variable ofConstants = Primitives.multiply(c, c);
    Variable y = Primitives.sum(Primitives.multiply(ofConstants, x));
    assertThat(ofConstants.needsGradient()).isFalse();
    tape.reverse(y);
    assertThat(x.gradient()).containsExactly(1, 4);
    assertThat(c.gradient()).containsOnly(0);
    assertThat(ofConstants.gradient()).containsOnly(0);
    assertThatThrownBy(() -> ofConstants.seedGradient(1, 1))
        .hasMessage("nothing this depends on needs a gradient");
    c.seedTangent(1, 0);
    tape.forward();
    assertThat(y.tangent()).as("forward mode may move a constant").containsExactly(6);
  }

  /** Equal layers: each needs a product for its weight, all but the first one for its input. */
  @ParameterizedTest
  @CsvSource({"1, 1, 2", "2, 1.5, 2", "4, 1.75, 2", "16, 1.9375, 2"})
  void backwardCostsUpToTwoForward(int layers, double constantInput, double variableInput) {
    for (boolean constant : new boolean[] {true, false}) {
      Tape each = new Tape();
      Variable loss = chain(each, layers, constant, false, ActivationFormula.NONE);
      each.reverse(loss);
      assertThat(each.forwardMultiplies()).isEqualTo((long) layers * BATCH * WIDTH * WIDTH);
      assertThat((double) each.backwardMultiplies() / each.forwardMultiplies())
          .isEqualTo(constant ? constantInput : variableInput);
      each.reverse();
      assertThat((double) each.backwardMultiplies() / each.forwardMultiplies())
          .as("both sweeps")
          .isEqualTo(2 * (constant ? constantInput : variableInput));
    }
  }

  /**
   * A linear layer keeps its input if its weight is trained; relu keeps its output, which is the
   * next layer's input anyway, gelu its input.
   */
  @ParameterizedTest
  @CsvSource({
    "RELU, 4, false, 5",
    "RELU, 8, false, 9",
    "RELU, 16, false, 17",
    "GELU_ERF, 8, false, 16",
    "RELU, 8, true, 8",
    "NONE, 8, true, 0",
    "NONE, 8, false, 8"
  })
  void tensorsKeptAreThoseThatPartialsAreMadeOf(
      ActivationFormula activation, int layers, boolean frozen, int kept) {
    chain(tape, layers, false, frozen, activation);
    assertThat(tape.keptTensors()).isEqualTo(kept);
    assertThat(tape.keptBytes()).isEqualTo(8L * kept * BATCH * WIDTH);
  }

  /** Ends in a sum, whose derivative is made of nothing. */
  private Variable chain(
      Tape on, int layers, boolean constantInput, boolean frozen, ActivationFormula activation) {
    double[] values = random.doubles(BATCH * WIDTH, -1, 1).toArray();
    Variable h =
        constantInput ? on.constant(values, BATCH, WIDTH) : on.variable(values, BATCH, WIDTH);
    for (int i = 0; i < layers; i++) {
      Leaf weight = new Leaf("w" + i, random.doubles(WIDTH * WIDTH, -1, 1).toArray(), WIDTH, WIDTH);
      Leaf bias = new Leaf("b" + i, new double[WIDTH], WIDTH);
      h =
          activation.apply(
              LinearFormula.linear(
                  h,
                  frozen ? on.constant(weight) : on.variable(weight),
                  frozen ? on.constant(bias) : on.variable(bias)));
    }
    return Primitives.sum(h);
  }

  @Test
  void productsKeepEachFactorForTheOthersGradient() {
    Variable a = tape.variable(new double[2], 2);
    Variable c = tape.constant(new double[2], 2);
    Primitives.multiply(a, c);
    assertThat(tape.keptTensors()).as("c").isOne();
    Primitives.multiply(c, c);
    assertThat(tape.keptTensors()).as("no gradient, nothing kept").isOne();
    Primitives.multiply(a, a);
    assertThat(tape.keptTensors()).isEqualTo(2);
    Primitives.logSumExp(Views.reshape(a, 1, 2));
    assertThat(tape.keptTensors()).as("its result; a reshaped is a").isEqualTo(3);
  }

  /** Naive recursion would visit 2^(k+1) − 1. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 10, 20})
  void everyNodeIsVisitedOnce(int doublings) {
    Variable x = tape.variable(new double[] {1}, 1);
    Variable v = x;
    for (int i = 0; i < doublings; i++) {
      v = Primitives.add(v, v);
    }
    Primitives.add(v, x);
    tape.reverse(v);
    assertThat(x.gradient()).containsExactly(1 << doublings);
    assertThat(tape.visits()).isEqualTo(doublings + 1);
    tape.reverse();
    assertThat(tape.visits()).as("of the last sweep").isEqualTo(doublings + 1);
  }

  /** y = a sin x + a with a = x²: a has two consumers and waits for both. */
  @Test
  void aDiamondWaitsForBothPaths() {
    Variable x = tape.variable(new double[] {1.3}, 1);
    Variable a = Primitives.multiply(x, x);
    Variable y = Primitives.add(Primitives.multiply(a, Primitives.map(x, Math::sin, Math::cos)), a);
    tape.reverse(y);
    double exact = 2 * 1.3 * Math.sin(1.3) + 1.3 * 1.3 * Math.cos(1.3) + 2 * 1.3;
    assertThat(x.gradient()[0]).isCloseTo(exact, within(1e-14));
    assertThat(tape.visits()).isEqualTo(5);
  }

  @Test
  void aScalarsGradientIsOfItAlone() {
    Variable x = tape.variable(new double[] {3}, 1);
    tape.reverse(Primitives.scale(x, 2));
    tape.reverse(Primitives.scale(x, 5));
    assertThat(x.gradient()).as("both sweeps").containsExactly(2 + 5);
  }

  @Test
  void onlyAScalarHasAGradientOfItsOwn() {
    Variable x = tape.variable(new double[2], 2);
    assertThatThrownBy(() -> tape.reverse(x)).hasMessage("no scalar: shape [2]");
  }
}
