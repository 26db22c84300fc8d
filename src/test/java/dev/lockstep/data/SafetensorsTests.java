package dev.lockstep.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.numeric.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsTests {
  @TempDir Path folder;

  @Test
  void everyTypeComesBackExactly() throws IOException {
    Path file = folder.resolve("all.safetensors");
    short[] bf16 = {0x3f80, (short) 0xff80, 0x0001};
    short[] f16 = {0x3c00, 0x7bff, (short) 0x8001};
    new SafetensorsWriter()
        .metadata("made", "here")
        .metadata("a \"quoted\" key", "line\nbreak")
        .add("bf16", DType.BF16, List.of(3L), MemorySegment.ofArray(bf16))
        .add("f16", DType.F16, List.of(1L, 3L), MemorySegment.ofArray(f16))
        .add("f32", List.of(2L, 1L), new float[] {Float.NaN, -0f})
        .add("f64", List.of(2L), new double[] {Double.NEGATIVE_INFINITY, Math.PI})
        .add("i32", List.of(2L), new int[] {Integer.MIN_VALUE, 7})
        .add("scalar", List.of(), new double[] {5})
        .add("empty", List.of(0L, Long.MAX_VALUE, Long.MAX_VALUE), new float[0])
        .write(file);
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      assertThat(reader.metadata())
          .isEqualTo(Map.of("made", "here", "a \"quoted\" key", "line\nbreak"));
      assertThat(reader.doubles("bf16")).containsExactly(1, Double.NEGATIVE_INFINITY, 0x1p-133);
      assertThat(reader.doubles("f16")).containsExactly(1, 65504, -0x1p-24);
      assertThat(reader.doubles("f32")).containsExactly(Double.NaN, -0.0);
      assertThat(reader.doubles("f64")).containsExactly(Double.NEGATIVE_INFINITY, Math.PI);
      assertThat(reader.ints("i32")).containsExactly(Integer.MIN_VALUE, 7);
      assertThat(reader.doubles("i32")).containsExactly(Integer.MIN_VALUE, 7);
      assertThat(reader.doubles("scalar")).containsExactly(5);
      assertThat(reader.doubles("empty")).isEmpty();
      assertThat(reader.tensor("f16").shape()).containsExactly(1L, 3L);
      assertThat(reader.bytes("f64").byteSize()).isEqualTo(16);
      assertThat(reader.bytes("f64").address() % 8).isZero();
    }
  }

  @Test
  void theSameTensorsGiveTheSameBytes() throws IOException {
    Path once = folder.resolve("once");
    Path again = folder.resolve("again");
    new SafetensorsWriter()
        .metadata("a", "1")
        .metadata("b", "2")
        .add("x", List.of(1L), new float[1])
        .write(once);
    new SafetensorsWriter()
        .metadata("b", "2")
        .metadata("a", "1")
        .add("x", List.of(1L), new float[1])
        .write(again);
    assertThat(again).hasSameBinaryContentAs(once);
  }

  @Test
  void aFileIsReplacedWholeAndNothingStaysBeside() throws IOException {
    Path file = folder.resolve("model");
    new SafetensorsWriter().add("x", List.of(1000L), new float[1000]).write(file);
    new SafetensorsWriter().add("y", List.of(1L), new float[] {2}).write(file);
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      assertThat(reader.contains("x")).isFalse();
      assertThat(reader.doubles("y")).containsExactly(2);
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aMissingFolderIsAnErrorAndLeavesNothing() {
    Path file = folder.resolve("missing").resolve("model");
    SafetensorsWriter writer = new SafetensorsWriter().add("y", List.of(1L), new float[] {2});
    assertThatThrownBy(() -> writer.write(file)).isInstanceOf(IOException.class);
    assertThat(file.getParent()).doesNotExist();
  }

  @Test
  void writerRefusesWhatItCouldNotReadBack() {
    SafetensorsWriter writer = new SafetensorsWriter().add("x", List.of(2L), new float[2]);
    assertThatThrownBy(() -> writer.add("x", List.of(1L), new float[1]))
        .hasMessageContaining("\"x\" is already taken");
    assertThatThrownBy(() -> writer.add("y", List.of(3L), new float[2]))
        .hasMessageContaining("\"y\" of shape [3] and dtype F32 needs 12 bytes, got 8");
  }

  @Test
  void wrongNamesAndTypesAreNamed() throws IOException {
    Path file = folder.resolve("x.safetensors");
    new SafetensorsWriter().add("x", List.of(1L), new float[1]).write(file);
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      assertThatThrownBy(() -> reader.doubles("z"))
          .hasMessage(file + ": has no tensor \"z\"; it holds [x]");
      assertThatThrownBy(() -> reader.ints("x")).hasMessageContaining("dtype F32, expected I32");
    }
  }

  /** Headers over four bytes of data, each wrong in one way, and a part of what must be said. */
  static Stream<Arguments> damagedHeaders() {
    return Stream.of(
        Arguments.of("", "header is no JSON"),
        Arguments.of("{\"x\":", "header is no JSON"),
        Arguments.of("[]", "header is no JSON object"),
        Arguments.of("{} {}", "header is no JSON"),
        Arguments.of("{}", "the header ends at byte 0, but the file holds 4 bytes"),
        Arguments.of("{\"x\":5}", "\"x\" has no dtype"),
        Arguments.of(tensor("x", "I64", "[1]", "[0,4]"), "dtype I64; known: [F32"),
        Arguments.of(tensor("x", "F32", "1", "[0,4]"), "shape is no list"),
        Arguments.of(tensor("x", "F32", "[1.0]", "[0,4]"), "shape holds 1.0"),
        Arguments.of(tensor("x", "F32", "[-1]", "[0,4]"), "shape holds -1"),
        Arguments.of(tensor("x", "F32", "[9223372036854775808]", "[0,4]"), "not a whole number"),
        Arguments.of(tensor("x", "F32", "[2]", "[0,4]"), "needs 8 bytes, but its offsets span 4"),
        Arguments.of(tensor("x", "F32", "[4294967296,4294967296]", "[0,4]"), "more elements"),
        Arguments.of(tensor("x", "F32", "[2305843009213693952]", "[0,4]"), "more elements"),
        Arguments.of(tensor("x", "F32", "[2]", "[0,8]"), "holds 4 bytes of data (truncated?)"),
        Arguments.of(tensor("x", "F32", "[0]", "[4,0]"), "lies at bytes 4 to 0"),
        Arguments.of(tensor("x", "F32", "[1]", "[4]"), "holds 1 numbers, not 2"),
        Arguments.of(tensor("x", "F16", "[1]", "[0,2]"), "ends at byte 2, but the file holds 4"),
        Arguments.of(tensor("x", "F16", "[1]", "[2,4]"), "bytes between belong to nobody"),
        Arguments.of(
            "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                + "\"y\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[2,4]}}",
            "they overlap"),
        Arguments.of(
            "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                + "\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
            "Duplicate"),
        Arguments.of("{\"__metadata__\":[]}", "__metadata__ is no JSON object"),
        Arguments.of("{\"__metadata__\":{\"a\":1}}", "entry \"a\" is no string"));
  }

  private static String tensor(String name, String dtype, String shape, String offsets) {
    return "{\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}}"
        .formatted(name, dtype, shape, offsets);
  }

  @ParameterizedTest
  @MethodSource("damagedHeaders")
  void damageIsRefusedInOneLine(String header, String said) throws IOException {
    Path file = folder.resolve("damaged");
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    Files.write(file, withLength(json.length, json, 4));
    assertRefused(file, said);
  }

  @Test
  void truncationAnywhereIsRefused() throws IOException {
    Path whole = folder.resolve("whole");
    new SafetensorsWriter().add("x", List.of(3L), new float[] {1, 2, 3}).write(whole);
    byte[] bytes = Files.readAllBytes(whole);
    for (int length = 0; length < bytes.length; length++) {
      Path file = folder.resolve("cut");
      Files.write(file, Arrays.copyOf(bytes, length));
      assertRefused(file, "");
    }
  }

  @Test
  void impossibleHeaderLengthsAreRefused() throws IOException {
    Path file = folder.resolve("lengths");
    Files.write(file, withLength(-1, new byte[0], 4));
    assertRefused(file, "18446744073709551615 bytes, at most 100000000");
    Files.write(file, withLength(100_000_001, new byte[0], 4));
    assertRefused(file, "at most 100000000");
    Files.write(file, withLength(50, new byte[0], 4));
    assertRefused(file, "a header of 50 bytes, but only 4 follow");
    assertRefused(folder, "a folder, not a safetensors file");
    assertRefused(folder.resolve("nowhere"), "no such file");
  }

  private static byte[] withLength(long length, byte[] json, int dataBytes) {
    return ByteBuffer.allocate(8 + json.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(length)
        .put(json)
        .array();
  }

  private static void assertRefused(Path file, String said) {
    assertThatThrownBy(() -> SafetensorsReader.open(file).close())
        .isInstanceOf(SafetensorsException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(said)
        .message()
        .doesNotContain("\n");
  }
}
