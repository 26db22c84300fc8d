package dev.lockstep.data;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class BatchesTests {
  /** Every byte differs from its neighbours by one: a row shows where it was taken from. */
  private static final Corpus COUNTING = counting(200);

  private final Arena arena = Arena.ofAuto();

  @Test
  void trainingRowsAreContextsAndTheByteAfterThem() {
    Batch batch = Batch.allocate(arena, 64, 5);
    new BatchSampler(COUNTING, 5, 1).fill(batch, 0, 0);
    for (int row = 0; row < 64; row++) {
      for (int c = 0; c < 5; c++) {
        assertThat(id(batch, row, c)).isEqualTo(target(batch, row) - 5 + c);
      }
    }
  }

  @Test
  void trainingReachesEveryPlaceOfTheTrainingPartAndNoneOfTheRest() {
    Set<Integer> targets = new TreeSet<>();
    Batch batch = Batch.allocate(arena, 1000, 5);
    BatchSampler sampler = new BatchSampler(COUNTING, 5, 1);
    for (int step = 0; step < 10; step++) {
      sampler.fill(batch, step, 0);
      for (int row = 0; row < 1000; row++) {
        targets.add(target(batch, row));
      }
    }
    assertThat(targets).hasSize(180 - 5).contains(5, 179).doesNotContain(4, 180);
  }

  @Test
  void aStepIsTheSameInPiecesAndInAnyOrder() {
    BatchSampler sampler = new BatchSampler(COUNTING, 5, 7);
    Batch whole = Batch.allocate(arena, 8, 5);
    Batch half = Batch.allocate(arena, 4, 5);
    sampler.fill(whole, 3, 0);
    sampler.fill(half, 3, 4);
    for (int row = 0; row < 4; row++) {
      assertThat(target(half, row)).isEqualTo(target(whole, row + 4));
    }
    int[] first = targets(whole);
    sampler.fill(whole, 4, 0);
    assertThat(targets(whole)).isNotEqualTo(first);
    new BatchSampler(COUNTING, 5, 8).fill(whole, 3, 0);
    assertThat(targets(whole)).isNotEqualTo(first);
    new BatchSampler(COUNTING, 5, 7).fill(whole, 3, 0);
    assertThat(targets(whole)).isEqualTo(first);
  }

  @Test
  void heldOutBatchesPredictEveryHeldOutByteOnce() {
    HeldOutBatches batches = HeldOutBatches.of(COUNTING, 5, 8);
    assertThat(batches.count()).isEqualTo(3);
    Batch batch = Batch.allocate(arena, 8, 5);
    int expected = 180;
    for (int index = 0; index < 3; index++) {
      int rows = batches.fill(batch, index);
      assertThat(rows).isEqualTo(index < 2 ? 8 : 4);
      for (int row = 0; row < rows; row++) {
        assertThat(target(batch, row)).isEqualTo(expected);
        assertThat(id(batch, row, 4)).isEqualTo(expected - 1);
        expected++;
      }
      for (int row = rows; row < 8; row++) {
        assertThat(target(batch, row)).isEqualTo(Batch.IGNORED);
        assertThat(id(batch, row, 0)).isZero();
      }
    }
    assertThat(expected).isEqualTo(200);
  }

  @Test
  void refusesABatchOfAnotherShape() {
    Batch batch = Batch.allocate(arena, 8, 4);
    assertThatThrownBy(() -> new BatchSampler(COUNTING, 5, 1).fill(batch, 0, 0))
        .hasMessage("batch of context 4 for a sampler of context 5");
    assertThatThrownBy(() -> HeldOutBatches.of(COUNTING, 5, 8).fill(batch, 0))
        .hasMessage("batch of [8, 4] where [8, 5] is expected");
  }

  @Test
  void orderZeroBaselineIsTheEntropyOfTheSmoothedCounts() {
    // 18 bytes to count, 9 a and 9 b; 2 held out, both a.
    Corpus corpus = Corpus.of("ab", "ababababababababababaa".substring(2).getBytes(US_ASCII));
    double expected = -Math.log((9 + 0.1) / (18 + 25.6)) / Math.log(2);
    assertThat(NGramBaseline.count(corpus, 0).bitsPerByte(corpus))
        .isCloseTo(expected, within(1e-12));
  }

  @Test
  void higherOrdersCountWhatFollowsTheirContext() {
    Corpus corpus = Corpus.of("ab", "ab".repeat(10).getBytes(US_ASCII));
    // After a: always b, 9 times before the split; after b: always a, 8 times.
    double afterA = (9 + 0.1) / (9 + 25.6);
    double afterB = (8 + 0.1) / (8 + 25.6);
    double expected = -(Math.log(afterB) + Math.log(afterA)) / Math.log(2) / 2;
    assertThat(NGramBaseline.count(corpus, 1).bitsPerByte(corpus))
        .isCloseTo(expected, within(1e-12));
    double afterBa = (8 + 0.1) / (8 + 25.6);
    double afterAb = (8 + 0.1) / (8 + 25.6);
    expected = -(Math.log(afterAb) + Math.log(afterBa)) / Math.log(2) / 2;
    assertThat(NGramBaseline.count(corpus, 2).bitsPerByte(corpus))
        .isCloseTo(expected, within(1e-12));
  }

  @Test
  void anUnseenContextIsUniform() {
    Corpus corpus = Corpus.of("z", ("a".repeat(18) + "zz").getBytes(US_ASCII));
    double afterA = -Math.log(0.1 / (17 + 25.6)) / Math.log(2);
    assertThat(NGramBaseline.count(corpus, 1).bitsPerByte(corpus))
        .isCloseTo((afterA + 8) / 2, within(1e-12));
    assertThatThrownBy(() -> NGramBaseline.count(corpus, 3)).hasMessageContaining("0, 1 or 2");
  }

  private static Corpus counting(int length) {
    byte[] text = new byte[length];
    for (int i = 0; i < length; i++) {
      text[i] = (byte) i;
    }
    return Corpus.of("counting", text);
  }

  private static int id(Batch batch, int row, int column) {
    return batch.inputs().getAtIndex(ValueLayout.JAVA_INT, (long) row * batch.words() + column);
  }

  private static int target(Batch batch, int row) {
    return batch.targets().getAtIndex(ValueLayout.JAVA_INT, row);
  }

  private static int[] targets(Batch batch) {
    return batch.targets().toArray(ValueLayout.JAVA_INT);
  }
}
