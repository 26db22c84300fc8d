package dev.lockstep.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.RecordingDevice;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorTests {
  private final RecordingDevice device = new RecordingDevice();
  private final Stream stream = device.newStream();
  private final DeviceBuffer buffer = device.allocate(128);

  @AfterEach
  void close() {
    buffer.close();
    stream.close();
    device.close();
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16", "F64"})
  void doublesComeBackRoundedToStorage(DType dtype) {
    double[] values = {0, -0.0, 1.0 / 3, 1e-3, 65504, Double.NaN, Double.NEGATIVE_INFINITY};
    Tensor tensor = Tensor.view(buffer, 8, dtype, Shape.of(7));

    tensor.copyFrom(stream, values);

    double[] back = tensor.toDoubles(stream);
    for (int i = 0; i < values.length; i++) {
      // By bits: NaN equals NaN, and the zeros keep their signs.
      assertThat(Double.doubleToLongBits(back[i]))
          .isEqualTo(Double.doubleToLongBits(dtype.round(values[i])));
    }
  }

  @Test
  void floatsAndIntegersComeBackAsTheyWere() {
    Tensor floats = Tensor.view(buffer, 0, DType.F32, Shape.of(3));
    floats.copyFrom(stream, new float[] {1.5f, -2, Float.MIN_VALUE});
    assertThat(floats.toFloats(stream)).containsExactly(1.5f, -2, Float.MIN_VALUE);

    Tensor halves = Tensor.view(buffer, 0, DType.BF16, Shape.of(2));
    halves.copyFrom(stream, new float[] {1.00390625f, 3});
    assertThat(halves.toFloats(stream)).containsExactly(1, 3);

    Tensor ints = Tensor.view(buffer, 0, DType.I32, Shape.of(2));
    ints.copyFrom(stream, new int[] {Integer.MIN_VALUE, 7});
    assertThat(ints.toInts(stream)).containsExactly(Integer.MIN_VALUE, 7);
  }

  @Test
  void aDoubleIsRoundedOnceNotThroughFloat() {
    // Just above the tie between 1 and the next bfloat16: through float it would look like the tie.
    double value = 1 + 0x1p-8 + 0x1p-40;
    Tensor tensor = Tensor.view(buffer, 0, DType.BF16, Shape.of(1));
    tensor.copyFrom(stream, new double[] {value});
    assertThat(tensor.toDoubles(stream)).containsExactly(1 + 0x1p-7);
  }

  @Test
  void integersAndRealNumbersDoNotMixInSilence() {
    Tensor ints = Tensor.view(buffer, 0, DType.I32, Shape.of(1));
    Tensor floats = Tensor.view(buffer, 0, DType.F32, Shape.of(1));
    assertThatThrownBy(() -> ints.copyFrom(stream, new float[] {1}))
        .hasMessage("an i32 tensor takes integers only");
    assertThatThrownBy(() -> floats.copyFrom(stream, new int[] {1}))
        .hasMessage("integers belong in an i32 tensor, this one is f32");
    assertThatThrownBy(() -> ints.toFloats(stream)).hasMessage("an i32 tensor is read as integers");
    assertThatThrownBy(() -> floats.toInts(stream))
        .hasMessage("integers belong in an i32 tensor, this one is f32");
  }

  @Test
  void aWrongNumberOfValuesIsRefused() {
    Tensor tensor = Tensor.view(buffer, 0, DType.F32, Shape.of(2, 2));
    assertThatThrownBy(() -> tensor.copyFrom(stream, new float[3]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("3 values for a tensor of shape [2, 2], which takes 4");
  }

  @Test
  void aSliceIsAViewOfItsRows() {
    Tensor matrix = Tensor.view(buffer, 4, DType.F32, Shape.of(3, 2));
    matrix.copyFrom(stream, new float[] {0, 1, 10, 11, 20, 21});

    Tensor slice = matrix.slice(1, 2);

    assertThat(slice.shape()).isEqualTo(Shape.of(2, 2));
    assertThat(slice.byteOffset()).isEqualTo(12);
    assertThat(slice.toFloats(stream)).containsExactly(10, 11, 20, 21);
    slice.zero(stream);
    assertThat(matrix.toFloats(stream)).containsExactly(0, 1, 0, 0, 0, 0);
  }

  @Test
  void slicesPastTheEndAreRefused() {
    Tensor matrix = Tensor.view(buffer, 0, DType.F32, Shape.of(3, 2));
    for (long[] bad : new long[][] {{-1, 1}, {0, 0}, {2, 2}, {0, 4}, {Long.MAX_VALUE, 1}}) {
      assertThatThrownBy(() -> matrix.slice(bad[0], bad[1]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("outermost extent 3 of [3, 2]");
    }
    assertThatThrownBy(() -> Tensor.view(buffer, 0, DType.F32, Shape.of()).slice(0, 1))
        .hasMessage("a scalar has no axis to slice");
  }

  @Test
  void reshapingKeepsTheElements() {
    Tensor matrix = Tensor.view(buffer, 0, DType.F16, Shape.of(2, 3));
    assertThat(matrix.flatten().shape()).isEqualTo(Shape.of(6));
    assertThat(matrix.reshape(Shape.of(3, 2)).address()).isEqualTo(matrix.address());
    assertThatThrownBy(() -> matrix.reshape(Shape.of(5)))
        .hasMessage("cannot reshape [2, 3] (6 elements) to [5] (5 elements)");
  }

  @Test
  void reinterpretingKeepsTheBytes() {
    Tensor bits = Tensor.view(buffer, 4, DType.I32, Shape.of(2));
    bits.copyFrom(stream, new int[] {Float.floatToRawIntBits(2.5f), 0});
    assertThat(bits.reinterpret(DType.F32, Shape.of(2)).toFloats(stream)).containsExactly(2.5f, 0);
    assertThatThrownBy(() -> bits.reinterpret(DType.F16, Shape.of(2)))
        .hasMessage("cannot read i32[2] (8 bytes) as f16[2] (4 bytes)");
    assertThatThrownBy(() -> bits.reinterpret(DType.F64, Shape.of(1)))
        .hasMessage("byte offset 4 must be a multiple of 8, the size of f64");
  }

  @Test
  void aViewMustFitItsBufferAndBeAligned() {
    assertThat(Tensor.view(buffer, 124, DType.F32, Shape.of(1)).bytes()).isEqualTo(4);
    assertThatThrownBy(() -> Tensor.view(buffer, 128, DType.F32, Shape.of(1)))
        .hasMessage(
            "a f32 tensor of shape [1] takes 4 bytes and does not fit at byte 128 of a buffer of"
                + " 128");
    assertThatThrownBy(() -> Tensor.view(buffer, -4, DType.F32, Shape.of(1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Tensor.view(buffer, 2, DType.F32, Shape.of(1)))
        .hasMessage("byte offset 2 must be a multiple of 4, the size of f32");
    assertThatThrownBy(() -> Tensor.bytes(DType.F64, Shape.of(1L << 61)))
        .hasMessage("a f64 tensor of shape [2305843009213693952] takes more than 2^63-1 bytes");
  }

  @Test
  void overlapIsByBytes() {
    Tensor first = Tensor.view(buffer, 0, DType.F16, Shape.of(4));
    assertThat(first.overlaps(Tensor.view(buffer, 8, DType.F32, Shape.of(1)))).isFalse();
    assertThat(first.overlaps(Tensor.view(buffer, 6, DType.F16, Shape.of(1)))).isTrue();
    try (DeviceBuffer other = device.allocate(8)) {
      assertThat(first.overlaps(Tensor.view(other, 0, DType.F16, Shape.of(4)))).isFalse();
    }
  }

  @Test
  void copiesOnTheDeviceNeedTheSameTypeAndCount() {
    Tensor source = Tensor.view(buffer, 0, DType.F32, Shape.of(2));
    Tensor target = Tensor.view(buffer, 64, DType.F32, Shape.of(2, 1));
    source.copyFrom(stream, new float[] {3, 4});
    target.copyFrom(stream, source);
    assertThat(target.toFloats(stream)).containsExactly(3, 4);

    Tensor halves = Tensor.view(buffer, 64, DType.F16, Shape.of(2));
    assertThatThrownBy(() -> halves.copyFrom(stream, source))
        .hasMessage("cannot copy between f16[2] (2 elements) and 2 elements of f32");
  }
}
