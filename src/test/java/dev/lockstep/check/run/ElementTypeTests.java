package dev.lockstep.check.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ElementTypeTests {
  @ParameterizedTest
  @CsvSource({
    "s8, -128, 80",
    "s8, 255, ff",
    "u8, -1, ff",
    "b8, 0xAb, ab",
    "s16, -2, fffe",
    "u32, 4294967295, ffffffff",
    "b32, 0b101, 5",
    "s64, -9223372036854775808, 8000000000000000",
    "u64, 18446744073709551615, ffffffffffffffff",
    "u64, 9007199254740993, 20000000000001",
    "f16, 1, 3c00",
    "f16, 65520, 7c00", // halfway to 65536, the next of infinite range: rounds to infinity
    "f16, -inf, fc00",
    "f16, nan, 7e00",
    "bf16, 1.00390625, 3f80", // a tie between 1 and 1 + 2^-7: to even
    "bf16, nan, 7fc0",
    "bf16, -nan, ffc0",
    "f32, +nan, 7fc00000",
    "f64, -NaN, fff8000000000000",
    "f32, 0.1, 3dcccccd",
    "f32, -0.0, 80000000",
    "f32, 0x7f800001, 7f800001",
    "f32, 0f3F800000, 3f800000",
    "f32, Infinity, 7f800000",
    "f64, 0d3FF0000000000000, 3ff0000000000000",
    "f64, 0x1.8p1, 4008000000000000",
    "f64, NaN, 7ff8000000000000",
  })
  void readsNumbers(String type, String text, String hex) {
    assertThat(ElementType.named(type).parse(text)).isEqualTo(Long.parseUnsignedLong(hex, 16));
  }

  @ParameterizedTest
  @CsvSource({
    "s8, 256, '256 does not fit into s8 (8 bits)'",
    "u8, -129, '-129 does not fit into u8 (8 bits)'",
    "u64, 18446744073709551616, '18446744073709551616 does not fit into u64 (64 bits)'",
    "f16, 0x10000, '65536 does not fit into f16 (16 bits)'",
    "s32, 1.5, '\"1.5\" is no value of type s32'",
    "s32, --1, '\"--1\" is no value of type s32'",
    "s32, 0x-1, '\"0x-1\" is no value of type s32'",
    "f32, one, '\"one\" is no value of type f32'",
    "f32, '', '\"\" is no value of type f32'",
  })
  void refusesWhatIsNone(String type, String text, String message) {
    assertThatThrownBy(() -> ElementType.named(type).parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @CsvSource({
    "s8, ff, -1",
    "u8, ff, 255",
    "b16, ff, 0x00ff",
    "u64, ffffffffffffffff, 18446744073709551615",
    "f16, 3555, 0.33325195",
    "bf16, ff80, -Infinity",
    "f32, 7fc00000, NaN",
    "f64, 3fb999999999999a, 0.1",
  })
  void showsNumbers(String type, String hex, String text) {
    assertThat(ElementType.named(type).format(Long.parseUnsignedLong(hex, 16))).isEqualTo(text);
  }

  @Test
  void machinesGetExactNumbers() {
    assertThat(ElementType.U64.value(-1)).isEqualTo(new BigInteger("18446744073709551615"));
    assertThat(ElementType.F32.value(0x3dcccccd)).isEqualTo(0.1f);
  }

  @Test
  void aNameThatIsNoneListsThoseThatAre() {
    assertThatThrownBy(() -> ElementType.named("f8"))
        .hasMessageContainingAll("\"f8\"", "s8", "bf16", "f64");
  }
}
