package dev.lockstep.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** What the reference refuses, and what it must not turn into a number. */
class ReferenceRefusalTests {
  private final Tape tape = new Tape();

  @Test
  void mismatchedShapesAreNamed() {
    Variable a = tape.variable(new double[6], 2, 3);
    Variable b = tape.variable(new double[8], 4, 2);
    assertThatThrownBy(() -> Primitives.matmul(a, b))
        .hasMessage(
            "matmul: [2, 3] times [4, 2]: the columns of one must be the rows of the other");
    assertThatThrownBy(() -> Primitives.add(a, b))
        .hasMessage("add: shape [2, 3] and shape [4, 2] must be the same");
    assertThatThrownBy(() -> LinearFormula.linear(a, a, b)).hasMessageContaining("8 elements");
    assertThatThrownBy(() -> tape.variable(new double[5], 2, 3))
        .hasMessage("shape [2, 3] needs 6 values, got 5");
    assertThatThrownBy(() -> a.seedGradient(1, 2)).hasMessage("seed of 2 values for 6 elements");
  }

  @Test
  void twoTapesDoNotMix() {
    Variable a = tape.variable(new double[2], 2);
    Variable b = new Tape().variable(new double[2], 2);
    assertThatThrownBy(() -> Primitives.add(a, b)).hasMessageContaining("different tapes");
  }

  @Test
  void indicesOutsideAreNamed() {
    Variable table = tape.variable(new double[6], 2, 3);
    assertThatThrownBy(() -> EmbeddingFormula.lookup(table, 0, 2))
        .hasMessage("id 2 at place 1 is outside a table of 2 rows");
    assertThatThrownBy(() -> CrossEntropyFormula.mean().loss(table, new int[] {0, -1}))
        .hasMessage("target -1 of row 1 is not one of 3 classes");
  }

  @Test
  void partsOutsideOrOfOtherSizesAreNamed() {
    Variable x = tape.variable(new double[6], 2, 3);
    Variable y = tape.variable(new double[4], 2, 2);
    assertThatThrownBy(() -> Views.rows(x, 1, 3)).hasMessage("rows 1 to 3 must be some of 0 to 2");
    assertThatThrownBy(() -> Views.columns(x, 2, 2))
        .hasMessage("columns 2 to 2 must be some of 0 to 3");
    assertThatThrownBy(() -> Views.below(x, y))
        .hasMessage("below: 3 columns and 2 must be as many");
    assertThatThrownBy(() -> Views.beside(x, Views.transpose(x)))
        .hasMessage("beside: 2 rows and 3 must be as many");
  }

  @Test
  void imagesKernelsAndGroupsThatDoNotFitAreNamed() {
    Variable images = tape.variable(new double[12], 1, 3, 2, 2);
    Variable kernels = tape.variable(new double[8], 2, 4, 1, 1);
    assertThatThrownBy(
            () ->
                ConvolutionFormula.conv2d(images, kernels, null, ConvolutionFormula.Geometry.PLAIN))
        .hasMessage(
            "conv2d: images [1, 3, 2, 2], kernels [2, 4, 1, 1], groups 1; needed are [n, c, h, w],"
                + " [k, c / groups, kh, kw], and k a multiple of groups");
  }

  @Test
  void anUnknownActivationIsToldTheKnownOnes() {
    assertThatThrownBy(() -> ActivationFormula.named("swish"))
        .hasMessageStartingWith("unknown activation \"swish\"; known: ")
        .hasMessageEndingWith(", gelu_tanh, gelu_erf");
  }

  @Test
  void statisticsOfOneValueAndStatesWithoutACellAreRefused() {
    Variable x = tape.variable(new double[] {5, 7}, 1, 2);
    BatchNormFormula norm = new BatchNormFormula(1e-5, 0.1);
    BatchNormFormula.Running running = new BatchNormFormula.Running(2);
    assertThat(norm.train(x, null, null, null).y().values()).containsOnly(0);
    assertThatThrownBy(() -> norm.train(x, null, null, running))
        .hasMessage("one value per channel has no unbiased variance");
    Variable weight = tape.variable(new double[8], 4, 2);
    Variable hidden = tape.variable(new double[4], 4, 1);
    RecurrentFormula.Cell lstm =
        RecurrentFormula.lstm(new RecurrentFormula.Weights(weight, hidden, null, null));
    RecurrentFormula.State start = RecurrentFormula.State.of(tape.variable(new double[1], 1, 1));
    assertThatThrownBy(() -> lstm.step(x, start)).hasMessage("an LSTM's state needs c");
  }

  @Test
  void everyRowIgnoredGivesNoMeanAndNoGradient() {
    Variable logits = tape.variable(new double[6], 2, 3);
    Variable loss = CrossEntropyFormula.mean().loss(logits, new int[] {-100, -100}).loss();
    loss.seedGradient(1);
    tape.reverse();
    assertThat(loss.scalar()).isNaN();
    assertThat(logits.gradient()).containsOnly(0);
  }

  @Test
  void notANumberPassesThroughEveryActivation() {
    for (ActivationFormula activation : ActivationFormula.values()) {
      assertThat(activation.value(Double.NaN, 0.1)).as(activation.name()).isNaN();
    }
  }
}
