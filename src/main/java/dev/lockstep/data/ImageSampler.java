package dev.lockstep.data;

import dev.lockstep.numeric.CounterRandom;

/**
 * Draws training batches of images: every image once, in an order drawn anew, before any comes
 * again. Which images make up a step depends on the seed, the step and the row alone, so that a run
 * that continues from a checkpoint sees what it would have seen.
 */
public final class ImageSampler {
  private final LabelledImages images;
  private final int rowsPerStep;
  private final CounterRandom random;
  private long epoch = -1;
  private int[] order = new int[0];

  /**
   * @param rowsPerStep images of a step, in one batch or several
   */
  public ImageSampler(LabelledImages images, int rowsPerStep, long seed) {
    this.images = images;
    this.rowsPerStep = rowsPerStep;
    this.random = CounterRandom.of(seed).child("batches");
  }

  /**
   * Fills a batch with rows {@code firstRow …} of a step: a step of many rows may be filled in
   * pieces, and is the same step.
   *
   * @throws IllegalArgumentException when the batch was made for images of another size
   */
  public void fill(Batch batch, long step, int firstRow) {
    batch.require(batch.rows(), images.pixels());
    for (int row = 0; row < batch.rows(); row++) {
      long drawn = step * rowsPerStep + firstRow + row;
      images.predict(batch, row, order(drawn / images.count())[(int) (drawn % images.count())]);
    }
  }

  private int[] order(long wanted) {
    if (wanted != epoch) {
      order = random.child(wanted).permutation(images.count());
      epoch = wanted;
    }
    return order;
  }
}
