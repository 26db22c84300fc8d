package dev.lockstep.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ImageBatchesTests {
  /** Image i has the pixels i and 2 i, and shows i mod 10. */
  private static final LabelledImages IMAGES = images(23);

  private static LabelledImages images(int count) {
    byte[] pixels = new byte[2 * count];
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      pixels[2 * i] = (byte) i;
      pixels[2 * i + 1] = (byte) (2 * i);
      labels[i] = (byte) (i % 10);
    }
    return new LabelledImages(1, 2, pixels, labels);
  }

  private final Arena arena = Arena.ofAuto();

  /** The images of a batch, each with its own pixels and label. */
  private static List<Integer> shown(Batch batch) {
    List<Integer> shown = new ArrayList<>();
    for (int row = 0; row < batch.rows(); row++) {
      int target = batch.targets().getAtIndex(ValueLayout.JAVA_INT, row);
      int first = pixel(batch, row, 0);
      if (target != Batch.IGNORED) {
        assertThat(target).isEqualTo(first % 10);
      }
      assertThat(pixel(batch, row, 1)).isEqualTo(2 * first);
      shown.add(target == Batch.IGNORED ? Batch.IGNORED : first);
    }
    return shown;
  }

  private static int pixel(Batch batch, int row, int pixel) {
    return Math.round(255 * batch.inputs().getAtIndex(ValueLayout.JAVA_FLOAT, 2L * row + pixel));
  }

  /** Five steps of 23 images are five times all images, though no batch ends with them. */
  @Test
  void everyImageComesOnceBeforeAnyComesAgain() {
    ImageSampler sampler = new ImageSampler(IMAGES, 5, 1);
    Batch batch = Batch.allocate(arena, 5, 2);
    List<Integer> drawn = new ArrayList<>();
    for (int step = 0; step < 23; step++) {
      sampler.fill(batch, step, 0);
      drawn.addAll(shown(batch));
    }
    for (int epoch = 0; epoch < 5; epoch++) {
      List<Integer> once = drawn.subList(23 * epoch, 23 * (epoch + 1));
      assertThat(new TreeSet<>(once)).as("epoch %d", epoch).hasSize(23);
      assertThat(once).isNotEqualTo(once.stream().sorted().toList());
    }
    assertThat(drawn.subList(0, 23)).isNotEqualTo(drawn.subList(23, 46));
  }

  @Test
  void aStepIsTheSameInPiecesAndInAnyOrder() {
    ImageSampler sampler = new ImageSampler(IMAGES, 8, 7);
    Batch whole = Batch.allocate(arena, 8, 2);
    Batch half = Batch.allocate(arena, 4, 2);
    sampler.fill(whole, 5, 0); // images 40 to 47 of all drawn: the second epoch ends at 46
    List<Integer> expected = shown(whole);
    sampler.fill(half, 5, 4);
    assertThat(shown(half)).isEqualTo(expected.subList(4, 8));
    sampler.fill(half, 5, 0);
    assertThat(shown(half)).isEqualTo(expected.subList(0, 4));
    sampler.fill(whole, 0, 0);
    assertThat(shown(whole)).isNotEqualTo(expected);
    new ImageSampler(IMAGES, 8, 8).fill(whole, 5, 0);
    assertThat(shown(whole)).isNotEqualTo(expected);
    new ImageSampler(IMAGES, 8, 7).fill(whole, 5, 0);
    assertThat(shown(whole)).isEqualTo(expected);
  }

  @Test
  void eachHeldOutImageIsClassifiedOnce() {
    HeldOutBatches heldOut = HeldOutBatches.of(IMAGES, 6);
    Batch batch = Batch.allocate(arena, 6, 2);
    List<Integer> seen = new ArrayList<>();
    assertThat(heldOut.count()).isEqualTo(4);
    for (int i = 0; i < 4; i++) {
      heldOut.fill(batch, i);
      seen.addAll(shown(batch));
    }
    List<Integer> expected = new ArrayList<>();
    for (int i = 0; i < 23; i++) {
      expected.add(i);
    }
    expected.add(Batch.IGNORED);
    assertThat(seen).isEqualTo(expected);
  }

  @Test
  void refusesABatchForOtherImages() {
    Batch batch = Batch.allocate(arena, 6, 3);
    assertThatThrownBy(() -> HeldOutBatches.of(IMAGES, 6).fill(batch, 0))
        .hasMessage("batch of [6, 3] where [6, 2] is expected");
    assertThatThrownBy(() -> new ImageSampler(IMAGES, 6, 1).fill(batch, 0, 0))
        .hasMessage("batch of [6, 3] where [6, 2] is expected");
  }
}
