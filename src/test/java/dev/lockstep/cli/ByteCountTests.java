package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class ByteCountTests {
  private final ByteCount.Converter converter = new ByteCount.Converter();

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0",
    "1, 1, 1",
    "1000, 1000, 1000",
    "1024, 1024, 1K",
    "256M, 268435456, 256M",
    "1536K, 1572864, 1536K",
    "2048K, 2097152, 2M",
    "3G, 3221225472, 3G",
    "4096G, 4398046511104, 4096G",
  })
  void isReadAndWritten(String text, long bytes, String written) {
    ByteCount count = converter.convert(text);
    assertThat(count.bytes()).isEqualTo(bytes);
    assertThat(count).hasToString(written);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "M", "-1", "1.5G", "1T", "1m", "1 M", "9999999999999999999"})
  void whatIsNoSuchNumberIsRefused(String text) {
    assertThatThrownBy(() -> converter.convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessage(
            "'%s' is no number of bytes below 2^63; K, M or G may stand behind it".formatted(text));
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertThatThrownBy(() -> converter.convert("9999999999G")).hasMessageContaining("below 2^63");
    assertThat(converter.convert("8589934591G").bytes()).isEqualTo(8_589_934_591L << 30);
  }
}
