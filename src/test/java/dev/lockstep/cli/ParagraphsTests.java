package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParagraphsTests {
  @ParameterizedTest
  @CsvSource(
      nullValues = "unset",
      value = {
        "unset, 98",
        "'', 98",
        "wide, 98",
        "-40, 98",
        "40, 40",
        "0, 20",
        "300, 98",
        "99999999999, 98"
      })
  void takesTheWidthThatIsTold(String told, int columns) {
    assertThat(Paragraphs.columns(told)).isEqualTo(columns);
  }

  @Test
  void breaksBetweenWords() {
    assertThat(Paragraphs.wrapped("one two threeandmore four", 8))
        .containsExactly("one two", "threeandmore", "four");
  }
}
