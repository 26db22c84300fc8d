package dev.lockstep.data;

/** Walks once over what is held out, so that each of its rows is predicted exactly once. */
public final class HeldOutBatches {
  /** Where a row's contents come from. */
  private interface Source {
    void predict(Batch batch, int row, int place);
  }

  private final Source source;
  private final int places;
  private final int words;
  private final int rows;

  private HeldOutBatches(int places, int words, int rows, Source source) {
    this.places = places;
    this.words = words;
    this.rows = rows;
    this.source = source;
  }

  /**
   * Over the held-out part of a text, each byte from {@code context} bytes before it.
   *
   * @param rows rows of every batch
   * @throws IllegalArgumentException when the text is too short for the context
   */
  public static HeldOutBatches of(Corpus corpus, int context, int rows) {
    corpus.requireContext(context);
    return new HeldOutBatches(
        corpus.heldOutLength(),
        context,
        rows,
        (batch, row, place) -> batch.predict(row, corpus, corpus.split() + place));
  }

  /**
   * Over all of some images, each digit from its pixels.
   *
   * @param rows rows of every batch
   */
  public static HeldOutBatches of(LabelledImages images, int rows) {
    return new HeldOutBatches(images.count(), images.pixels(), rows, images::predict);
  }

  /** Batches it takes. */
  public int count() {
    return Math.ceilDiv(places, rows);
  }

  /**
   * Fills a batch with what belongs at {@code index}; rows past the end are ignored ones.
   *
   * @return rows that carry something
   * @throws IllegalArgumentException when the batch has another shape
   */
  public int fill(Batch batch, int index) {
    batch.require(rows, words);
    int first = Math.multiplyExact(index, rows);
    int filled = Math.min(rows, places - first);
    for (int row = 0; row < rows; row++) {
      if (row < filled) {
        source.predict(batch, row, first + row);
      } else {
        batch.ignore(row);
      }
    }
    return filled;
  }
}
