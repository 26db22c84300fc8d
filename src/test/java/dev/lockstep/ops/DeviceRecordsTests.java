package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.tensor.HostTensor;
import dev.lockstep.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The small records that host and kernels share, byte by byte. */
class DeviceRecordsTests {
  private final OpFixture fixture = new OpFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void aClearStatusWordIsAllOnesAndQuiet() {
    Tensor word = fixture.i32(2);
    StatusWord status = new StatusWord(word);
    status.reset(fixture.stream);
    assertThat(word.toInts(fixture.stream)).containsExactly(-1, -1);
    assertThatCode(() -> status.check(fixture.stream)).doesNotThrowAnyException();
  }

  @Test
  void aReportedIndexNamesKernelRowAndValue() {
    Tensor word = fixture.i32(2);
    StatusWord status = new StatusWord(word);
    fixture.embedding.forward(
        fixture.stream, fixture.bf16(9, 4), fixture.bf16(256, 4), fixture.i32(9), status);
    // The row is the upper half of the little-endian word, the value the lower.
    word.copyFrom(fixture.stream, new int[] {-7, 5});

    assertThatThrownBy(() -> status.check(fixture.stream))
        .isInstanceOfSatisfying(
            BadIndexException.class,
            bad -> {
              assertThat(bad)
                  .hasMessage(
                      "embedding_forward_bf16: the index in row 5 is -7; allowed are 0 to 255");
              assertThat(bad.kernel()).isEqualTo("embedding_forward_bf16");
              assertThat(bad.row()).isEqualTo(5);
              assertThat(bad.value()).isEqualTo(-7);
            });
  }

  @Test
  void aRowPastTwoToThe31IsNotNegative() {
    Tensor word = fixture.i32(2);
    StatusWord status = new StatusWord(word);
    word.copyFrom(fixture.stream, new int[] {3, -2});
    assertThatThrownBy(() -> status.check(fixture.stream))
        .isInstanceOfSatisfying(
            BadIndexException.class, bad -> assertThat(bad.row()).isEqualTo((1L << 32) - 2));
  }

  @Test
  void theStepStateIsReadFieldByField() {
    Tensor storage = fixture.i32(16);
    int[] words = new int[16];
    words[0] = Float.floatToRawIntBits(1e-3f);
    words[1] = Float.floatToRawIntBits(1024);
    words[2] = 7;
    words[3] = 2;
    words[4] = Float.floatToRawIntBits(3);
    words[5] = Float.floatToRawIntBits(0.5f);
    words[6] = Float.floatToRawIntBits(0.25f);
    words[7] = 4;
    words[8] = Float.floatToRawIntBits(0.1f);
    words[9] = Float.floatToRawIntBits(0.01f);
    storage.copyFrom(fixture.stream, words);
    StepState state = new StepState(fixture.library, storage);

    assertThat(state.read(fixture.stream))
        .isEqualTo(new StepState.Values(1e-3f, 1024, 7, 2, 3, 0.5f, 0.25f, 4, 0.1f, 0.01f));
    assertThat(state.lossScale().toFloats(fixture.stream)).containsExactly(1024);
    assertThat(state.gradFactor().toFloats(fixture.stream)).containsExactly(0.25f);
    assertThatThrownBy(() -> StepState.Values.of(new int[15]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a step state has 16 words, not 15");
  }

  @Test
  void theHostWritesItsFieldsWithAKernelSoThatNothingWaits() {
    Tensor storage = fixture.i32(16);
    StepState state = new StepState(fixture.library, storage);
    state.setLearningRate(fixture.stream, 0.5f);
    state.setLossScale(fixture.stream, 2);
    assertThat(fixture.recorded().launches())
        .extracting(launched -> launched.kernel())
        .containsExactly("fill_f32", "fill_f32");
    assertThat(parameter(0, 0)).isEqualTo(storage.address());
    assertThat(parameter(1, 0)).isEqualTo(storage.address() + 4);
  }

  @Test
  void countersOfAnEarlierRunAreRestored() {
    Tensor storage = fixture.i32(16);
    StepState state = new StepState(fixture.library, storage);
    state.reset(fixture.stream);
    state.setSteps(fixture.stream, 40, 3);
    StepState.Values values = state.read(fixture.stream);
    assertThat(values.step()).isEqualTo(40);
    assertThat(values.skipped()).isEqualTo(3);
    assertThat(values.learningRate()).isZero();
  }

  @Test
  void aTableListsAddressCountAndFirstChunk() {
    Tensor small = fixture.f32(3);
    Tensor large = fixture.f32(2 * TensorTable.CHUNK + 1);
    Tensor exact = fixture.f32(TensorTable.CHUNK);
    TensorTable table = fixture.table(small, large, exact);

    assertThat(table.chunks()).isEqualTo(1 + 3 + 1);
    long[] expected = {
      small.address(), 3, 0,
      large.address(), 32_769, 1,
      exact.address(), 16_384, 4
    };
    try (HostTensor host = new HostTensor(StepState.DTYPE, table.storage().shape())) {
      table.storage().copyTo(fixture.stream, host);
      assertThat(host.segment().toArray(ValueLayout.JAVA_LONG)).isEqualTo(expected);
    }
  }

  private long parameter(int launch, int index) {
    return ByteBuffer.wrap(fixture.recorded().launches().get(launch).arguments())
        .order(ByteOrder.nativeOrder())
        .getLong(8 * index);
  }
}
