package dev.lockstep.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.RecordingDevice;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import org.junit.jupiter.api.Test;

class TensorArenaTests {
  private final RecordingDevice device = new RecordingDevice();

  @Test
  void tensorsAreAlignedAndApartInOneBuffer() {
    try (TensorArena arena = new TensorArena()) {
      Tensor first = arena.tensor(DType.BF16, Shape.of(3, 5));
      Tensor second = arena.tensor(DType.F32, Shape.of(65));
      Tensor third = arena.tensor(DType.I32, Shape.of(1));
      assertThat(arena.bytes()).isEqualTo(256 + 512 + 256);

      arena.allocate(device);

      assertThat(first.byteOffset()).isZero();
      assertThat(second.byteOffset()).isEqualTo(256);
      assertThat(third.byteOffset()).isEqualTo(768);
      assertThat(third.address() % TensorArena.ALIGNMENT).isZero();
      assertThat(first.buffer()).isSameAs(third.buffer());
      assertThat(device.openBuffers()).isEqualTo(1);
    }
    assertThat(device.openBuffers()).isZero();
  }

  @Test
  void viewsMadeWhilePlanningWorkOnceAllocated() {
    try (TensorArena arena = new TensorArena();
        Stream stream = device.newStream()) {
      Tensor matrix = arena.tensor(DType.F32, Shape.of(2, 2));
      Tensor row = matrix.slice(1, 1).flatten();
      assertThatThrownBy(row::address)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("this tensor is planned; allocate its arena first");

      arena.allocate(device);

      matrix.copyFrom(stream, new float[] {1, 2, 3, 4});
      assertThat(row.toFloats(stream)).containsExactly(3, 4);
    }
  }

  @Test
  void planningAndAllocatingHappenOnce() {
    try (TensorArena arena = new TensorArena()) {
      arena.allocate(device);
      assertThatThrownBy(() -> arena.allocate(device)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> arena.tensor(DType.F32, Shape.of(1)))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void closingTwiceOrBeforeAllocatingIsHarmless() {
    TensorArena planned = new TensorArena();
    planned.close();
    planned.close();
    assertThatThrownBy(() -> planned.allocate(device)).isInstanceOf(IllegalStateException.class);

    TensorArena allocated = new TensorArena();
    allocated.allocate(device);
    allocated.close();
    allocated.close();
    assertThat(device.openBuffers()).isZero();
  }

  @Test
  void sizesPastALongAreRefused() {
    try (TensorArena arena = new TensorArena()) {
      Shape half = Shape.of(1L << 60);
      arena.tensor(DType.F32, half);
      assertThatThrownBy(() -> arena.tensor(DType.F32, half))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the arena would exceed 2^63-1 bytes");
    }
  }
}
