package dev.lockstep.data;

/** Walks once over the held-out part, so that each of its bytes is predicted exactly once. */
public final class HeldOutBatches {
  private final Corpus corpus;
  private final int context;
  private final int rows;

  /**
   * @param rows rows of every batch
   * @throws IllegalArgumentException when the text is too short for the context
   */
  public HeldOutBatches(Corpus corpus, int context, int rows) {
    corpus.requireContext(context);
    this.corpus = corpus;
    this.context = context;
    this.rows = rows;
  }

  /** Batches it takes to predict every held-out byte. */
  public int count() {
    return Math.ceilDiv(corpus.heldOutLength(), rows);
  }

  /**
   * Fills a batch with the bytes of place {@code index}; rows past the end are ignored ones.
   *
   * @return rows that carry something
   * @throws IllegalArgumentException when the batch has another shape
   */
  public int fill(Batch batch, int index) {
    batch.require(rows, context);
    int first = corpus.split() + Math.multiplyExact(index, rows);
    int filled = Math.min(rows, corpus.length() - first);
    for (int row = 0; row < rows; row++) {
      if (row < filled) {
        batch.predict(row, corpus, first + row);
      } else {
        batch.ignore(row);
      }
    }
    return filled;
  }
}
