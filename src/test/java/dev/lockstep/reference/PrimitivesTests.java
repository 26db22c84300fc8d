package dev.lockstep.reference;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Values, which differences of values cannot tell from their opposites or neighbours. */
class PrimitivesTests {
  private final Tape tape = new Tape();
  private final Variable a = tape.variable(new double[] {1, 2, 3, 4, 5, 6}, 2, 3);
  private final Variable b = tape.variable(new double[] {6, 4, 2, 0, -2, -4}, 2, 3);

  @Test
  void elementByElement() {
    assertThat(Primitives.add(a, b).values()).containsExactly(7, 6, 5, 4, 3, 2);
    assertThat(Primitives.subtract(a, b).values()).containsExactly(-5, -2, 1, 4, 7, 10);
    assertThat(Primitives.multiply(a, b).values()).containsExactly(6, 8, 6, 0, -10, -24);
    assertThat(Primitives.scale(a, 2).values()).containsExactly(2, 4, 6, 8, 10, 12);
    assertThat(Primitives.affine(a, 2, 1).values()).containsExactly(3, 5, 7, 9, 11, 13);
    assertThat(Primitives.map(a, x -> x * x, x -> 2 * x).values())
        .containsExactly(1, 4, 9, 16, 25, 36);
  }

  @Test
  void sumsAndProducts() {
    assertThat(Primitives.sumRows(a).values()).containsExactly(6, 15);
    assertThat(Primitives.sum(a).values()).containsExactly(21);
    assertThat(Primitives.mean(a).values()).containsExactly(3.5);
    Variable product = Primitives.matmul(a, Views.transpose(b));
    assertThat(product.shape()).containsExactly(2, 2);
    assertThat(product.values()).containsExactly(20, -16, 56, -34);
  }

  @Test
  void rearranged() {
    assertThat(Views.transpose(a).values()).containsExactly(1, 4, 2, 5, 3, 6);
    assertThat(Views.rows(a, 1, 2).values()).containsExactly(4, 5, 6);
    assertThat(Views.columns(a, 1, 3).values()).containsExactly(2, 3, 5, 6);
    assertThat(Views.below(a, Views.rows(b, 0, 1)).values())
        .containsExactly(1, 2, 3, 4, 5, 6, 6, 4, 2);
    assertThat(Views.beside(a, Views.columns(b, 0, 1)).values())
        .containsExactly(1, 2, 3, 6, 4, 5, 6, 0);
    Variable pair = tape.variable(new double[] {7, 8}, 2);
    assertThat(Views.acrossColumns(pair, a).values()).containsExactly(7, 7, 7, 8, 8, 8);
    assertThat(Views.acrossRows(pair, Views.transpose(a)).values())
        .containsExactly(7, 8, 7, 8, 7, 8);
    Variable images = tape.variable(new double[8], 2, 2, 1, 2);
    assertThat(Views.acrossChannels(pair, images).values()).containsExactly(7, 7, 8, 8, 7, 7, 8, 8);
  }
}
