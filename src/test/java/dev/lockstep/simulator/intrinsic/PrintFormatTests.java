package dev.lockstep.simulator.intrinsic;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Texts are those of C's printf. */
class PrintFormatTests {
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      ignoreLeadingAndTrailingWhitespace = true,
      quoteCharacter = '`',
      value = {
        "[%d] ~ -42 ~ [-42]",
        "[%5d|%-5d|%05d] ~ -42 ~ [  -42|-42  |-0042]",
        "[%+d|% d] ~ 42 ~ [+42|` 42]",
        "[%.4d|%8.3d|%-8.3d] ~ 7 ~ [0007|     007|007     ]",
        "[%.0d] ~ 0 ~ []",
        "[%u|%x|%X|%o] ~ -1 ~ [4294967295|ffffffff|FFFFFFFF|37777777777]",
        "[%#x|%#X|%#o|%#010x] ~ 255 ~ [0xff|0XFF|0377|0x000000ff]",
        "[%hd|%hu|%hhd|%hhu] ~ 65535 ~ [-1|65535|-1|255]",
        "[%i%%%c] ~ 65 ~ [65%A]"
      })
  void integers(String format, int value, String expected) {
    ByteBuffer buffer = buffer();
    for (int i = 0; i < 4; i++) {
      buffer.putInt(value);
    }
    assertThat(print(format, buffer)).isEqualTo(expected.replace("`", ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "%f ~ 1.5 ~ 1.500000",
        "%.0f|%.0f ~ 2.5 ~ 2|2",
        "%.2f|%08.2f|%-8.2f| ~ -3.14159 ~ -3.14|-0003.14|-3.14   |",
        "%e|%.2E ~ 12345.678 ~ 1.234568e+04|1.23E+04",
        "%e|%.0e ~ 0 ~ 0.000000e+00|0e+00",
        "%g|%g ~ 100000 ~ 100000|100000",
        "%g|%G ~ 1e6 ~ 1e+06|1E+06",
        "%g|%.3g ~ 0.0001234 ~ 0.0001234|0.000123",
        "%g|%.10g ~ 0.1 ~ 0.1|0.1",
        "%g|%.17g ~ 0.1 ~ 0.1|0.10000000000000001",
        "%g|%.3g ~ 1e-5 ~ 1e-05|1e-05",
        "%#g|%#.0f ~ 1 ~ 1.00000|1.",
        "%f|%5.1f ~ -0.0 ~ -0.000000| -0.0",
        "%f|%05f ~ Infinity ~ inf|  inf",
        "%F|%E ~ -Infinity ~ -INF|-INF",
        "%g|%f ~ NaN ~ nan|nan",
        "%a|%A ~ 1.5 ~ 0x1.8p+0|0X1.8P+0",
        "%a|%.1a ~ 0.1 ~ 0x1.999999999999ap-4|0x1.ap-4",
        "%a|%.2a ~ 1 ~ 0x1p+0|0x1.00p+0",
        "%.20f|%.1f ~ 0.1 ~ 0.10000000000000000555|0.1",
        "%e|%.1e ~ 9.99e99 ~ 9.990000e+99|1.0e+100"
      })
  void floats(String format, double value, String expected) {
    assertThat(print(format, buffer().putDouble(value).putDouble(value).putDouble(value)))
        .isEqualTo(expected);
  }

  @Test
  void argumentsAreAlignedToTheirSize() {
    ByteBuffer buffer = buffer().putInt(1).putInt(-9).putLong(1L << 40).putInt(3).putInt(-9);
    buffer.putDouble(0.5).putLong(64).putInt(2).putInt(-1);
    assertThat(print("%d %lld %d %g %s %d %zd", buffer.putLong(-2)))
        .isEqualTo("1 1099511627776 3 0.5 string@64 2 -2");
  }

  @Test
  void widthsAndPrecisionsMayBeArguments() {
    ByteBuffer buffer = buffer().putInt(6).putInt(42).putInt(-4).putInt(7);
    buffer.putInt(2).putInt(0).putLong(64);
    assertThat(print("[%*d][%*d][%.*s]", buffer)).isEqualTo("[    42][7   ][st]");
  }

  @Test
  void pointersAndNullStrings() {
    ByteBuffer buffer = buffer().putLong(0xabcL).putLong(0).putLong(0);
    assertThat(print("%p %p %s", buffer)).isEqualTo("0xabc (nil) (null)");
  }

  @Test
  void countsArguments() {
    ByteBuffer buffer = buffer();
    assertThat(PrintFormat.format("%d %% %*d %f", arguments(buffer), a -> "").count()).isEqualTo(4);
  }

  @Test
  void whatIsNoConversionStaysAsItIs() {
    assertThat(print("100%", buffer())).isEqualTo("100%");
    assertThat(print("%y %-", buffer())).isEqualTo("%y %-");
  }

  /** CUDA formats on the host, whose C library prints one percent sign whatever the field says. */
  @Test
  void aPercentSignIsNeverPadded() {
    assertThat(print("[%5%|%-05.3%|%l%]", buffer())).isEqualTo("[%|%|%]");
  }

  private static ByteBuffer buffer() {
    return ByteBuffer.allocate(128).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static String print(String format, ByteBuffer buffer) {
    return PrintFormat.format(format, arguments(buffer), address -> "string@" + address).text();
  }

  private static PrintFormat.Arguments arguments(ByteBuffer buffer) {
    return new PrintFormat.Arguments() {
      @Override
      public int int32(long offset) {
        return buffer.getInt((int) offset);
      }

      @Override
      public long int64(long offset) {
        return buffer.getLong((int) offset);
      }
    };
  }
}
