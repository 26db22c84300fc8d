package dev.lockstep.grill.item;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.item.Calculation.Closeness;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Answers as people type them. */
class GradingTests {
  private static final Calculation QUARTER =
      Calculation.of("s'(0)?", 0.25, Closeness.NEAR)
          .slip(0.5, "the sigmoid itself")
          .slip(1, "the slope of tanh")
          .slip(0, "zero at zero");

  private static final Calculation PAIR =
      Calculation.of("clip (3, 4) to 1?", List.of(0.6, 0.8)).slip(List.of(1.0, 1.0), "by value");

  @ParameterizedTest
  @CsvSource({"0.25", ".25", "2.5e-1", "1/4", "2^-2", "25%", "' 0.251 '", "+0.25"})
  void right(String typed) {
    assertThat(QUARTER.grade(typed).right()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "0.5, the sigmoid itself",
    "1, the slope of tanh",
    "0, zero at zero",
    "0.3, right is 0.25"
  })
  void wrong(String typed, String why) {
    assertThat(QUARTER.grade(typed)).isEqualTo(new Grade(false, why));
  }

  @ParameterizedTest
  @CsvSource({"a quarter", "''", "0.2.5", "1/2/3", "'0,25'", "NaN"})
  void notANumber(String typed) {
    assertThatThrownBy(() -> QUARTER.grade(typed))
        .isInstanceOf(IllegalArgumentException.class)
        .message()
        .containsAnyOf("no number", "more than one number");
  }

  @ParameterizedTest
  @CsvSource({"'(0.6, 0.8)'", "'0.6,0.8'", "'[3/5, 4/5]'"})
  void several(String typed) {
    assertThat(PAIR.grade(typed).right()).isTrue();
  }

  @Test
  void asManyAsAskedFor() {
    assertThat(PAIR.grade("(1, 1)").why()).isEqualTo("by value");
    assertThatThrownBy(() -> PAIR.grade("0.6")).hasMessageContaining("2 numbers are asked for");
  }

  @Test
  void infinityIsANumber() {
    Calculation infinite =
        Calculation.of("log 0, size?", Double.POSITIVE_INFINITY, Closeness.EXACT);
    assertThat(infinite.grade("inf").right()).isTrue();
    assertThat(infinite.grade("1e308").right()).isFalse();
  }

  /** What a formula gives must not depend on which slip is asked about first. */
  @Test
  void drawsUntilSlipsAreApart() {
    assertThat(QUARTER.tellsApart()).isTrue();
    assertThat(QUARTER.slip(0.255, "too near").tellsApart()).isFalse();
    assertThat(QUARTER.slip(0.505, "near another").tellsApart()).isFalse();
    assertThatThrownBy(() -> Calculation.draw(Draws.of(1), draws -> QUARTER.slip(0.25, "the same")))
        .isInstanceOf(IllegalStateException.class);
  }

  private static final Derivation DELTA =
      new Derivation(
          "d1?",
          "(W2' * d2) .* (1 - h.^2)",
          List.of(
              Derivation.Input.normal("W2", 3, 5),
              Derivation.Input.normal("d2", 3, 1),
              Derivation.Input.normal("h", 5, 1)),
          drawn -> {
            double[] d1 = new double[5];
            for (int i = 0; i < 5; i++) {
              for (int k = 0; k < 3; k++) {
                d1[i] += drawn.get("W2").at(k, i) * drawn.get("d2").at(k, 0);
              }
              d1[i] *= 1 - Math.pow(drawn.get("h").at(i, 0), 2);
            }
            return new Matrix(5, 1, d1);
          });

  @ParameterizedTest
  @CsvSource({"(W2' * d2) .* (1 - h.^2)", "(1-h.*h).*(W2'*d2)", "(d2'*W2)' - h.*h.*(W2'*d2)"})
  void aFormulaThatAgrees(String typed) {
    assertThat(DELTA.grade(typed, Draws.of(5)).right()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"W2' * d2, it differs", "d2' * W2, it must be 5 × 1", "(W2' * d2) .* h, it differs"})
  void aFormulaThatDoesNot(String typed, String why) {
    assertThat(DELTA.grade(typed, Draws.of(5)).why()).contains(why);
  }

  @ParameterizedTest
  @CsvSource({"W2 * h * q", "W2 * d2", "d1 = W2'*d2", "(W2'", "''"})
  void notAFormula(String typed) {
    assertThatThrownBy(() -> DELTA.grade(typed, Draws.of(5)))
        .isInstanceOf(IllegalArgumentException.class)
        .message()
        .containsAnyOf("cannot be read", "without \"=\"");
  }

  @Test
  void functionsOfMatricesAndNumbers() {
    Derivation sigmoid =
        new Derivation(
            "s'?",
            "s(z) .* (1 - s(z))",
            List.of(Derivation.Input.normal("z", 2, 2), Derivation.Input.count("n")),
            drawn -> {
              double[] z = drawn.get("z").values();
              double[] slope = new double[4];
              for (int i = 0; i < 4; i++) {
                double s = 1 / (1 + Math.exp(-z[i]));
                slope[i] = s * (1 - s);
              }
              return new Matrix(2, 2, slope);
            });
    assertThat(sigmoid.grade("exp(-z) ./ (1 + exp(-z)).^2", Draws.of(1)).right()).isTrue();
    assertThat(sigmoid.grade("(1 - tanh(z/2).^2) / 4", Draws.of(1)).right()).isTrue();
    assertThat(sigmoid.grade("relu(z)", Draws.of(1)).right()).isFalse();
    assertThat(sigmoid.grade("sqrt(n)", Draws.of(1)).why()).contains("1 × 1");
  }

  @Test
  void mostPointsAreEnough() {
    Recall recall = new Recall("why?", List.of("a", "b", "c", "d"));
    assertThat(recall.grade(3).right()).isTrue();
    assertThat(recall.grade(2)).isEqualTo(new Grade(false, "2 of 4 points"));
  }
}
