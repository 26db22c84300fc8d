package dev.lockstep.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** The layout PTX gives {@code .param}: each value at the next multiple of its own size. */
class KernelArgsTests {
  private final KernelArgs args = new KernelArgs();

  @Test
  void aFourByteValueBeforeAnEightByteOneLeavesAGap() {
    MemorySegment block = args.int32(7).int64(-2).float32(1.5f).block();

    assertThat(block.byteSize()).isEqualTo(20);
    assertThat(block.get(ValueLayout.JAVA_INT, 0)).isEqualTo(7);
    assertThat(block.get(ValueLayout.JAVA_LONG, 8)).isEqualTo(-2);
    assertThat(block.get(ValueLayout.JAVA_FLOAT, 16)).isEqualTo(1.5f);
  }

  @Test
  void neighbouringFourByteValuesShareEightBytes() {
    MemorySegment block = args.int64(1).int32(2).float32(3).int64(4).block();

    assertThat(block.byteSize()).isEqualTo(24);
    assertThat(block.get(ValueLayout.JAVA_FLOAT, 12)).isEqualTo(3);
    assertThat(block.get(ValueLayout.JAVA_LONG, 16)).isEqualTo(4);
  }

  @Test
  void anAddressIsTheBuffersPlusTheOffset() {
    try (RecordingDevice device = new RecordingDevice();
        DeviceBuffer buffer = device.allocate(64)) {
      MemorySegment block = args.address(buffer, 12).nullAddress().block();

      assertThat(block.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(buffer.address() + 12);
      assertThat(block.get(ValueLayout.JAVA_LONG, 8)).isZero();
    }
  }

  @Test
  void resetStartsOverInTheSameMemory() {
    MemorySegment first = args.int64(1).int64(2).block();
    MemorySegment second = args.reset().int32(9).block();

    assertThat(second.address()).isEqualTo(first.address());
    assertThat(second.byteSize()).isEqualTo(4);
  }

  @Test
  void bytesGoWhereTheirAlignmentPutsThem() {
    byte[] three = {1, 2, 3};
    args.int64(-1).int64(-1).int64(-1).reset();
    MemorySegment block =
        args.int32(7)
            .bytes(MemorySegment.ofArray(three), 8)
            .bytes(MemorySegment.ofArray(three), 1)
            .int32(9)
            .block();

    assertThat(block.toArray(ValueLayout.JAVA_BYTE))
        .containsExactly(7, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 1, 2, 3, 0, 0, 9, 0, 0, 0);
    assertThatThrownBy(() -> args.bytes(MemorySegment.ofArray(three), 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("alignment 3 must be a power of two");
  }

  @Test
  void theBlockHoldsWhatPtxAllowsAKernel() {
    for (int i = 0; i < 4095; i++) {
      args.int64(i);
    }
    args.int32(0);
    assertThat(args.block().byteSize()).isEqualTo(32_764);
    assertThatThrownBy(() -> args.int32(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("kernel arguments exceed 32764 bytes");
  }
}
