package dev.lockstep.check.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpectationTests {
  @ParameterizedTest
  @CsvSource({
    "f32, 1, 1, 0, 0, true",
    "f32, 1, 1.0000001, 0, 0, false",
    "f32, 1.0000001, 1, 1e-6, 0, true",
    "f32, 0.5, 1, 0.5, 0, true",
    "f32, 2, 1, 0.5, 0, false",
    "f32, 0.25, 0, 1, 0, false",
    "f32, 0.25, 0, 0, 0.25, true",
    "f32, 0, -0.0, 0, 0, false",
    "f32, 0, -0.0, 0, 1e-30, true",
    "f32, 0, -0.0, 1e-6, 0, true",
    "f32, nan, 0x7f800001, 0, 0, true",
    "f32, nan, 1, 1000, 1000, false",
    "f32, 1, nan, 1000, 1000, false",
    "f32, inf, inf, 0, 0, true",
    "f32, 1, inf, 1, 1, false",
    "f32, inf, 1, 1, 1, false",
    "f32, -inf, inf, 1, 1, false",
    "f16, 1, 1.001, 0, 0.001, true",
    "bf16, 1, 1.01, 0, 0.001, false",
    "f64, 1, 1.0000000000000002, 0, 0, false",
    "s32, -1, 1, 0, 2, true",
    "u64, 18446744073709551615, 18446744073709551614, 0, 0, false",
    "u64, 18446744073709551615, 18446744073709551614, 0, 1, true",
  })
  void comparesNumbers(
      ElementTypeName type, String got, String expected, double rtol, double atol, boolean same) {
    Elements actual = Elements.of(type.type, List.of(got));
    Expectation expectation =
        new Expectation(
            Elements.of(type.type, List.of(expected)).bytes(), Optional.of(type.type), rtol, atol);
    assertThat(expectation.difference(actual).isEmpty()).isEqualTo(same);
  }

  /** Lets test parameters name a type as PTX does. */
  record ElementTypeName(ElementType type) {
    ElementTypeName(String name) {
      this(ElementType.named(name));
    }
  }

  @Test
  void bitsMeanBits() {
    Elements zero = Elements.of(0f);
    assertThat(Expectation.bits(Elements.of(-0f).bytes()).difference(zero)).isPresent();
    assertThat(Expectation.bits(zero.bytes()).difference(zero)).isEmpty();
  }

  @Test
  void namesTheFirstElementThatDiffersAndHowManyDo() {
    Elements got = Elements.of(1f, 2f, 3f, 4f);
    byte[] wanted = Elements.of(1f, 2.5f, 3f, 5f).bytes();
    assertThat(new Expectation(wanted, Optional.of(ElementType.F32), 0.1, 0).difference(got))
        .hasValue(
            "element 1 (byte 4) is 2.0, expected 2.5 (off by 0.500, 0.250 allowed);"
                + " 2 of 4 f32 elements differ");
    assertThat(Expectation.bits(wanted).difference(got))
        .hasValue(
            "element 1 (byte 4) is 2.0 (0x40000000), expected 2.5 (0x40200000);"
                + " 2 of 4 f32 elements differ");
    assertThat(Expectation.bits(wanted).difference(Elements.of(ElementType.B8, got.bytes())))
        .hasValue("element 6 (byte 6) is 0x00, expected 0x20; 2 of 16 b8 elements differ");
  }
}
