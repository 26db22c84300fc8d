package dev.lockstep.check.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.check.run.Argument.Buffer;
import dev.lockstep.check.run.Argument.Direction;
import dev.lockstep.check.run.Argument.Value;
import dev.lockstep.device.TensorMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArgumentTests {
  @ParameterizedTest
  @CsvSource({
    "'in:f32:1,-2,0.5', IN, f32, 0000803f000000c00000003f",
    "'inout:u16:1, 0x203', INOUT, u16, 01000302",
    "out:f64:2, OUT, f64, 00000000000000000000000000000000",
    "out:b8:0, OUT, b8, ''",
    "in:bf16:iota:3, IN, bf16, 0000803f0040",
    "in:s8:zeros:3, IN, s8, 000000",
  })
  void aBuffer(String text, Direction direction, String type, String hex) {
    Buffer buffer = (Buffer) Argument.parse(text);
    assertThat(buffer.direction()).isEqualTo(direction);
    assertThat(buffer.initial().type()).isEqualTo(ElementType.named(type));
    assertThat(buffer.initial().hex()).isEqualTo(hex);
  }

  @ParameterizedTest
  @CsvSource({
    "s32:-7, f9ffffff",
    "u64:0x10, 1000000000000000",
    "f32:1.5, 0000c03f",
    "f16:inf, 007c",
    "b8:255, ff",
    "bytes:00FFa1, 00ffa1",
    "bytes:, ''",
  })
  void aValue(String text, String hex) {
    assertThat(((Value) Argument.parse(text)).content().hex()).isEqualTo(hex);
  }

  @Test
  void aTensorMapIsATensorInABuffer() {
    Argument.Tensor tensor =
        (Argument.Tensor)
            Argument.parse("tensormap:dims=30x4,box=8x2,swizzle=32,strides=128:inout:s32:iota:128");
    assertThat(tensor.buffer().direction()).isEqualTo(Direction.INOUT);
    assertThat(tensor.buffer().initial().count()).isEqualTo(128);
    assertThat(tensor.map())
        .isEqualTo(
            new TensorMap(
                TensorMap.Element.INT32,
                List.of(30L, 4L),
                List.of(128L),
                List.of(8, 2),
                TensorMap.Swizzle.WITHIN_32));
    assertThat(((Argument.Tensor) Argument.parse("tensormap:box=4x1,dims=8x2:out:f32:16")).map())
        .extracting(TensorMap::strides)
        .isEqualTo(List.of(32L));
  }

  @Test
  void aFileIsTakenAsItIs(@TempDir Path folder) throws IOException {
    Path file = Files.write(folder.resolve("x.bin"), new byte[] {0, 0, (byte) 0x80, 0x3f});
    Buffer buffer = (Buffer) Argument.parse("in:f32:@" + file);
    assertThat(buffer.initial().floats()).containsExactly(1f);
    assertThatThrownBy(() -> Argument.parse("in:f64:@" + file))
        .hasMessageContainingAll("x.bin", "4 bytes", "f64");
    assertThatThrownBy(() -> Argument.parse("in:f64:@" + folder.resolve("y.bin")))
        .hasMessageContainingAll("there is no file", "y.bin");
    assertThatThrownBy(() -> Argument.parse("in:f64:@" + folder))
        .hasMessageContaining("is a directory");
    assertThatThrownBy(() -> Argument.parse("in:f64:@"))
        .hasMessageEndingWith("the name of a file is missing");
  }

  @Test
  void randomNumbersFollowTheirSeed() {
    float[] values = ((Buffer) Argument.parse("in:f32:rand:1000:7")).initial().floats();
    float[] again = ((Buffer) Argument.parse("in:f32:rand:1000:7")).initial().floats();
    float[] others = ((Buffer) Argument.parse("in:f32:rand:1000:8")).initial().floats();
    assertThat(again).isEqualTo(values).isNotEqualTo(others);
    double sum = 0;
    for (float value : values) {
      assertThat(value).isBetween(-1f, 1f);
      sum += value;
    }
    assertThat(sum / 1000).isBetween(-0.1, 0.1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "f32                | in:TYPE:VALUES",
        "f32:               | \"\" is no value of type f32",
        "f33:1              | \"f33\" is no element type",
        "input:f32:1        | \"input\" is no element type",
        "in:1,2,3           | in:TYPE:VALUES",
        "in:f32:            | no values",
        "in:f32:1,,2        | \"\" is no value of type f32",
        "in:s32:1,x         | \"x\" is no value of type s32",
        "out:f32:many       | \"many\" is no number of elements",
        "out:f32:-1         | -1 elements",
        "out:f64:4000000000 | 4000000000 elements",
        "in:f32:rand:5      | \"rand:5\" is no value",
        "tensormap:dims=8                        | tensormap:dims=DxD,box=DxD",
        "tensormap:dims=8,box=4:s32:7            | tensormap:dims=DxD,box=DxD",
        "tensormap:box=4:out:f32:8               | it has no dims",
        "tensormap:dims=8:out:f32:8              | it has no box",
        "tensormap:dims=8,box=4,fill=1:out:f32:8 | there is no \"fill\"",
        "tensormap:dims=8,dims=8:out:f32:8       | \"dims=8\" has no place",
        "tensormap:8,4:out:f32:8                 | \"8\" has no place",
        "tensormap:dims=8x,box=4:out:f32:8       | dims=8x must be whole numbers",
        "tensormap:dims=8,box=3:out:f32:8        | a row of the box has 12 bytes",
        "tensormap:dims=8,box=4294967300:out:f32:8 | box 2147483647 must be from 1 to 256",
        "tensormap:dims=9,box=4:out:f32:8        | the tensor has 36 bytes, its buffer 32",
        "tensormap:dims=8,box=4,swizzle=8:out:f32:8 | swizzle 8 must be 0, 32, 64 or 128",
        "bytes:abc          | 3 hexadecimal digits",
        "bytes:0g           | 'g' is no hexadecimal digit",
      })
  void whatIsWrongIsNamed(String text, String problem) {
    assertThatThrownBy(() -> Argument.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("argument \"" + text + "\"", problem);
  }
}
