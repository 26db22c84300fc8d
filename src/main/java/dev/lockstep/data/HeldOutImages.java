package dev.lockstep.data;

/** Walks once over images, so that each is classified exactly once. */
public final class HeldOutImages {
  private final LabelledImages images;
  private final int rows;

  /**
   * @param rows rows of every batch
   */
  public HeldOutImages(LabelledImages images, int rows) {
    this.images = images;
    this.rows = rows;
  }

  /** Batches it takes. */
  public int count() {
    return Math.ceilDiv(images.count(), rows);
  }

  /**
   * Fills a batch with the images of place {@code index}; rows past the end are ignored ones.
   *
   * @throws IllegalArgumentException when the batch has another shape
   */
  public void fill(Batch batch, int index) {
    batch.require(rows, images.pixels());
    int first = Math.multiplyExact(index, rows);
    for (int row = 0; row < rows; row++) {
      if (first + row < images.count()) {
        images.predict(batch, row, first + row);
      } else {
        batch.ignore(row);
      }
    }
  }
}
