package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.HostTensor;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Tables of tensors with more than 2^31 elements, whose sizes and offsets are cut to 32 bits
 * elsewhere. The tensors have addresses but no memory: nothing here touches them.
 */
class LargeTensorTests {
  private static final long ELEMENTS = (1L << 31) + 5;

  private final OpFixture fixture = new OpFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  /** Memory that is not there. */
  private record Pretended(long address, long bytes) implements DeviceBuffer {
    @Override
    public void close() {}
  }

  private static Tensor pretended(long address, DType dtype) {
    Shape shape = Shape.of(ELEMENTS);
    return Tensor.view(new Pretended(address, Tensor.bytes(dtype, shape)), 0, dtype, shape);
  }

  private long[] longs(Tensor table) {
    try (HostTensor host = new HostTensor(table.dtype(), table.shape())) {
      table.copyTo(fixture.stream, host);
      return host.segment().toArray(ValueLayout.JAVA_LONG);
    }
  }

  @Test
  void theLastChunkOfATensorBeyondTwoToThe31LiesWhereItShould() {
    Tensor large = pretended(1L << 40, DType.F32);
    TensorTable table = fixture.table(large, fixture.bf16(1));
    assertThat(table.chunks()).isEqualTo((1L << 16) + 1 + 1);
    long[] words = longs(table.storage());
    int last = 2 * (1 << 16);
    assertThat(words[last]).isEqualTo((1L << 40) + 4 * (1L << 31) - table.storage().address());
    assertThat(words[last + 1]).isEqualTo(5);
    // The tensor after it, and the numbers of first chunks.
    assertThat(words[last + 3]).isEqualTo(1 | (4L + 2) << 32);
    assertThat(words[last + 4]).isZero();
    assertThat(words[last + 5]).isEqualTo((1L << 16) + 1);
  }

  @Test
  void aParameterBeyondTwoToThe31HasAllItsElements() {
    ParameterTable table =
        fixture.parameters(
            new ParameterTable.Entry(
                pretended(1L << 40, DType.F32),
                pretended(1L << 41, DType.BF16),
                null,
                List.of(),
                0));
    assertThat(table.chunks()).isEqualTo((1L << 16) + 1);
    long[] words = longs(table.storage());
    assertThat(words[5]).isEqualTo(ELEMENTS);
    // Chunk 2^16 of parameter 0: the kernel multiplies the number by the chunk's size in 64 bits.
    assertThat(words[words.length - 1]).isEqualTo(1L << 16 << 32);
  }
}
