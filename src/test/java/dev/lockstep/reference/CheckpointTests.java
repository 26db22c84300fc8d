package dev.lockstep.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Segments that are evaluated again: the same bits, more multiplications, less that is kept. */
class CheckpointTests {
  private static final int LAYERS = 16;
  private static final int WIDTH = 8;
  private static final int BATCH = 3;

  private final Random random = new Random(11);
  private final List<Leaf> weights = new ArrayList<>();
  private final double[] input = random.doubles(BATCH * WIDTH, -1, 1).toArray();

  @BeforeEach
  void draw() {
    for (int i = 0; i < LAYERS; i++) {
      double[] values = random.doubles(WIDTH * WIDTH, -1, 1).toArray();
      weights.add(new Leaf("w" + i, values, WIDTH, WIDTH));
    }
  }

  private Variable layers(Variable x, int from, int to) {
    Variable h = x;
    for (Leaf weight : weights.subList(from, to)) {
      Variable w = h.tape().variable(weight);
      h = ActivationFormula.RELU.apply(LinearFormula.linear(h, w, null));
    }
    return h;
  }

  private Variable inSegments(Variable x, int length) {
    Variable h = x;
    for (int at = 0; at < LAYERS; at += length) {
      int from = at;
      h = h.tape().checkpoint(in -> layers(in, from, from + length), h);
    }
    return h;
  }

  /** Of all weights, one after another; then zero. */
  private double[] takeGradients() {
    double[] taken =
        weights.stream().flatMapToDouble(leaf -> Arrays.stream(leaf.gradient())).toArray();
    weights.forEach(Leaf::zeroGradient);
    return taken;
  }

  /** Kept are L / k inputs of segments and k results of one: most for both extremes. */
  @ParameterizedTest
  @CsvSource({"1, 17", "2, 10", "4, 8", "8, 10", "16, 17"})
  void segmentsTradeMultipliesForMemory(int length, int kept) {
    Tape whole = new Tape();
    Variable x = whole.variable(input, BATCH, WIDTH);
    whole.reverse(Primitives.sum(layers(x, 0, LAYERS)));
    double[] expected = takeGradients();

    Tape tape = new Tape();
    Variable again = tape.variable(input, BATCH, WIDTH);
    Variable y = Primitives.sum(inSegments(again, length));
    assertThat(tape.keptTensors()).isEqualTo(kept);
    assertThat(tape.keptBytes()).isEqualTo(8L * kept * BATCH * WIDTH);
    tape.reverse(y);
    assertThat(again.gradient()).containsExactly(x.gradient());
    assertThat(takeGradients()).containsExactly(expected);
    assertThat(tape.forwardMultiplies()).isEqualTo(whole.forwardMultiplies());
    assertThat(tape.backwardMultiplies()).isEqualTo(whole.backwardMultiplies());
    assertThat(whole.recomputedMultiplies()).isZero();
    assertThat(tape.recomputedMultiplies()).isEqualTo(tape.forwardMultiplies());
    long before = whole.forwardMultiplies() + whole.backwardMultiplies();
    assertThat((before + tape.recomputedMultiplies()) / (double) before)
        .isCloseTo(4.0 / 3, within(1e-15));
  }

  /** What the loss keeps of the last segment's result is kept once. */
  @Test
  void aResultKeptOutsideIsNotKeptAgain() {
    Tape tape = new Tape();
    Variable y = inSegments(tape.variable(input, BATCH, WIDTH), LAYERS);
    Primitives.sum(Primitives.multiply(y, y));
    assertThat(tape.keptTensors()).isEqualTo(LAYERS + 1);
    assertThat(tape.keptBytes()).isEqualTo(8L * (LAYERS + 1) * BATCH * WIDTH);
  }

  /** Weights are trained though the input needs no gradient. */
  @Test
  void aConstantMayGoIntoASegment() {
    Tape tape = new Tape();
    tape.reverse(Primitives.sum(inSegments(tape.constant(input, BATCH, WIDTH), 4)));
    double[] gradients = takeGradients();
    Tape whole = new Tape();
    whole.reverse(Primitives.sum(layers(whole.constant(input, BATCH, WIDTH), 0, LAYERS)));
    assertThat(gradients).containsExactly(takeGradients());
    assertThat(tape.backwardMultiplies()).isEqualTo(whole.backwardMultiplies());
  }

  /** A mask that is drawn again is another mask. */
  @Test
  void whatIsNotReplayedIsWrong() {
    Tape tape = new Tape();
    Variable x = tape.variable(input, BATCH, WIDTH);
    Random masks = new Random(1);
    Variable y = tape.checkpoint(in -> DropoutFormula.apply(in, 0.5, i -> masks.nextBoolean()), x);
    double[] first = y.values().clone();
    tape.reverse(Primitives.sum(y));
    int differing = 0;
    for (int i = 0; i < first.length; i++) {
      differing += (x.gradient()[i] == 0) == (first[i] == 0) ? 0 : 1;
    }
    assertThat(differing).isPositive();
  }

  @Test
  void leavesOfASegmentMustNotBeUpdatedBeforeItIsEvaluatedAgain() {
    Tape tape = new Tape();
    Variable y = Primitives.sum(inSegments(tape.variable(input, BATCH, WIDTH), 4));
    weights.get(5).update(values -> values[0]++);
    assertThatThrownBy(() -> tape.reverse(y))
        .hasMessage("reverse: w5 was read at version 0 and updated since, to version 1");
  }

  @Test
  void aSegmentStaysOnItsTape() {
    Tape tape = new Tape();
    Variable x = tape.variable(input, BATCH, WIDTH);
    assertThatThrownBy(() -> tape.checkpoint(in -> x, x))
        .hasMessage("a segment's result is not on its input's tape");
  }
}
