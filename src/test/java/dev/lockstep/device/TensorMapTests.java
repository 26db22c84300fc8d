package dev.lockstep.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.TensorMap.Element;
import dev.lockstep.device.TensorMap.Swizzle;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The rules of cuTensorMapEncodeTiled, each met and broken. */
class TensorMapTests {
  private static List<Long> longs(String text) {
    return text.isEmpty() ? List.of() : Arrays.stream(text.split("x")).map(Long::valueOf).toList();
  }

  private static List<Integer> ints(String text) {
    return longs(text).stream().map(Long::intValue).toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          FLOAT32  | 8           | ''         | 4         | 0   | 32
          FLOAT32  | 64x32       | 256        | 16x8      | 64  | 8192
          FLOAT32  | 30x4        | 128        | 8x4       | 32  | 504
          UINT8    | 1x1x1x1x1   | 16x16x16x16| 16x1x1x1x1| 0   | 1
          UINT8    | 4294967296  | ''         | 256       | 0   | 4294967296
          BFLOAT16 | 8x2         | 1099511627760| 64x256  | 128 | 1099511627776
          FLOAT64  | 2x3         | 16         | 16x1      | 128 | 48
          """)
  void whatAGpuCanCopyIsTaken(
      Element element, String sizes, String strides, String box, int swizzle, long bytes) {
    TensorMap map =
        new TensorMap(element, longs(sizes), longs(strides), ints(box), Swizzle.within(swizzle));
    assertThat(map.bytes()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          FLOAT32 | ''          | ''    | ''        | 0   | a tensor map has 1 to 5 dimensions, not 0
          FLOAT32 | 1x1x1x1x1x1 | ''    | 4         | 0   | a tensor map has 1 to 5 dimensions, not 6
          FLOAT32 | 8x8         | 32    | 8         | 0   | box has 1 numbers, the sizes ask for 2
          FLOAT32 | 8x8         | ''    | 8x8       | 0   | strides has 0 numbers, the sizes ask for 1
          FLOAT32 | 0           | ''    | 4         | 0   | size 0 must be from 1 to 4294967296
          FLOAT32 | 4294967297  | ''    | 4         | 0   | size 4294967297 must be from 1 to 4294967296
          FLOAT32 | 8x8         | 40    | 8x8       | 0   | stride 40 must be a multiple of 16 bytes and less than 2^40
          FLOAT32 | 8x8         | 0     | 8x8       | 0   | stride 0 must be a multiple of 16 bytes and less than 2^40
          FLOAT32 | 8x8         | 1099511627776 | 8x8 | 0 | stride 1099511627776 must be a multiple of 16 bytes and less than 2^40
          FLOAT32 | 8x8         | 32    | 8x257     | 0   | box 257 must be from 1 to 256
          FLOAT32 | 8x8         | 32    | 8x0       | 0   | box 0 must be from 1 to 256
          FLOAT32 | 8x8         | 32    | 5x1       | 0   | a row of the box has 20 bytes, which must be a multiple of 16
          FLOAT32 | 64x8        | 256   | 12x1      | 32  | a row of the box has 48 bytes, more than the 32 of the swizzle
          FLOAT16 | 80x8        | 160   | 72x1      | 128 | a row of the box has 144 bytes, more than the 128 of the swizzle
          """)
  void whatNoGpuCanCopyIsRefused(
      Element element, String sizes, String strides, String box, int swizzle, String message) {
    assertThatThrownBy(
            () ->
                new TensorMap(
                    element, longs(sizes), longs(strides), ints(box), Swizzle.within(swizzle)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void theRowsOfADenseTensorFollowEachOther() {
    TensorMap map =
        TensorMap.dense(Element.FLOAT16, List.of(24L, 3L, 5L), List.of(8, 1, 1), Swizzle.NONE);
    assertThat(map.strides()).containsExactly(48L, 144L);
    assertThat(map.bytes()).isEqualTo(720);
  }

  /** Rows whose bytes are no multiple of 16 need gaps; sizes beyond 64 bits must not wrap. */
  @ParameterizedTest
  @CsvSource({"15x3, stride 30 must be", "4294967296x4294967296x4294967296, less than 2^40"})
  void whatCannotBeDenseIsRefused(String sizes, String words) {
    List<Integer> box = longs(sizes).stream().map(size -> 8).toList();
    assertThatThrownBy(() -> TensorMap.dense(Element.FLOAT16, longs(sizes), box, Swizzle.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(words);
  }

  @Test
  void thereAreThreeSwizzles() {
    assertThatThrownBy(() -> Swizzle.within(16))
        .hasMessage("swizzle 16 must be 0, 32, 64 or 128 bytes");
  }

  /** The numbers of CUtensorMapDataType are the places of the elements. */
  @ParameterizedTest
  @EnumSource(Element.class)
  void elementsStandWhereTheDriverCountsThem(Element element) {
    String[] inOrder = {
      "UINT8",
      "UINT16",
      "UINT32",
      "INT32",
      "UINT64",
      "INT64",
      "FLOAT16",
      "FLOAT32",
      "FLOAT64",
      "BFLOAT16"
    };
    assertThat(element.name()).isEqualTo(inOrder[element.ordinal()]);
  }

  @Test
  void aTensorLiesInItsBufferAtAMultipleOf16() {
    TensorMap map =
        new TensorMap(Element.FLOAT32, List.of(8L), List.of(), List.of(4), Swizzle.NONE);
    try (Device device = Devices.open("sim", DeviceOptions.defaults()).device();
        DeviceBuffer buffer = device.allocate(64)) {
      assertThat(map.requireIn(buffer, 32)).isEqualTo(buffer.address() + 32);
      assertThatThrownBy(() -> map.requireIn(buffer, 48))
          .hasMessage("the tensor has 32 bytes, the buffer 16 from byte 48 on");
      assertThatThrownBy(() -> map.requireIn(buffer, -16)).hasMessageContaining("byte -16");
      assertThatThrownBy(() -> map.requireIn(buffer, 8))
          .hasMessageMatching("the tensor begins at 0x[0-9a-f]+8, which must be a multiple of 16");
    }
  }
}
