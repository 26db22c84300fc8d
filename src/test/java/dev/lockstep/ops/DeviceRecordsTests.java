package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.tensor.HostTensor;
import dev.lockstep.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
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
    words[14] = 5;
    words[15] = 1;
    storage.copyFrom(fixture.stream, words);
    StepState state = new StepState(fixture.library, storage);

    assertThat(state.read(fixture.stream))
        .isEqualTo(
            new StepState.Values(1e-3f, 1024, 7, 2, 3, 0.5f, 0.25f, 4, 0.1f, 0.01f, 5, true));
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
  void aTableListsChunksAndWhereEachTensorsBegin() {
    Tensor small = fixture.bf16(3);
    Tensor large = fixture.f32(2 * TensorTable.CHUNK + 1);
    Tensor exact = fixture.f16(TensorTable.CHUNK);
    TensorTable table = fixture.table(small, large, exact);

    assertThat(table.chunks()).isEqualTo(1 + 3 + 1);
    long base = table.storage().address();
    long largeAt = large.address() - base;
    long[] expected = {
      small.address() - base,
      chunk(3, 0, 2),
      largeAt,
      chunk(32_768, 1, 0),
      largeAt + 131_072,
      chunk(32_768, 1, 0),
      largeAt + 262_144,
      chunk(1, 1, 0),
      exact.address() - base,
      chunk(32_768, 2, 1),
      0,
      1,
      4,
      5
    };
    assertThat(longs(table.storage())).isEqualTo(expected);
  }

  /** Elements in the lower half, tensor * 4 + type in the upper. */
  private static long chunk(long elements, long tensor, long type) {
    return elements | (tensor * 4 + type) << 32;
  }

  @Test
  void aTableOfParametersListsTheirTensorsAndChunks() {
    Tensor master = fixture.f32(TensorTable.CHUNK + 1);
    Tensor moment = fixture.f32(TensorTable.CHUNK + 1);
    Tensor gradient = fixture.bf16(TensorTable.CHUNK + 1);
    Tensor other = fixture.f32(2);
    Tensor otherMoment = fixture.f32(2);
    Tensor copy = fixture.f16(2);
    Tensor otherGradient = fixture.f32(2);
    ParameterTable table =
        fixture.parameters(
            new ParameterTable.Entry(master, gradient, null, List.of(moment), 0.5f),
            new ParameterTable.Entry(other, otherGradient, copy, List.of(otherMoment), 0));

    assertThat(table.chunks()).isEqualTo(3);
    long base = table.storage().address();
    long[] expected = {
      master.address() - base,
      moment.address() - base,
      0,
      gradient.address() - base,
      0,
      32_769,
      Float.floatToRawIntBits(0.5f) | (2L + 4 * 3) << 32,
      0,
      other.address() - base,
      otherMoment.address() - base,
      0,
      otherGradient.address() - base,
      copy.address() - base,
      2,
      (0L + 4 * 1) << 32,
      0,
      0,
      1L << 32,
      1
    };
    assertThat(longs(table.storage())).isEqualTo(expected);
  }

  private long[] longs(Tensor table) {
    try (HostTensor host = new HostTensor(table.dtype(), table.shape())) {
      table.copyTo(fixture.stream, host);
      return host.segment().toArray(ValueLayout.JAVA_LONG);
    }
  }

  private long parameter(int launch, int index) {
    return ByteBuffer.wrap(fixture.recorded().launches().get(launch).arguments())
        .order(ByteOrder.nativeOrder())
        .getLong(8 * index);
  }
}
