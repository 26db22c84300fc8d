package dev.lockstep.data;

/**
 * A model that only counts: the next byte given the {@code order} bytes before it, from how often
 * each followed them in the training part, 0.1 added to each of the 256 counts.
 *
 * <p>What a trained model must beat to have learned anything beyond short statistics.
 */
public final class NGramBaseline {
  private static final double ADDED = 0.1;
  private static final int SYMBOLS = ByteTokenizer.VOCABULARY;

  /** Above it the table of contexts alone would outgrow the text. */
  private static final int HIGHEST_ORDER = 2;

  private final int order;
  // Few contexts of all that are possible ever occur: only theirs get a row of counts.
  private final int[][] counts;
  private final int[] totals;

  private NGramBaseline(int order, int contexts) {
    this.order = order;
    this.counts = new int[contexts][];
    this.totals = new int[contexts];
  }

  /**
   * Counts the training part.
   *
   * @param order bytes of context: 0, 1 or 2
   */
  public static NGramBaseline count(Corpus corpus, int order) {
    if (order < 0 || order > HIGHEST_ORDER) {
      throw new IllegalArgumentException("order " + order + " must be 0, 1 or 2");
    }
    NGramBaseline model = new NGramBaseline(order, 1 << (8 * order));
    for (int at = order; at < corpus.split(); at++) {
      int context = model.contextBefore(corpus, at);
      int[] row = model.counts[context];
      if (row == null) {
        row = model.counts[context] = new int[SYMBOLS];
      }
      row[corpus.token(at)]++;
      model.totals[context]++;
    }
    return model;
  }

  /** Mean of −log₂ p over every held-out byte. */
  public double bitsPerByte(Corpus corpus) {
    double bits = 0;
    for (int at = corpus.split(); at < corpus.length(); at++) {
      bits -= Math.log(probability(corpus, at));
    }
    return bits / Math.log(2) / corpus.heldOutLength();
  }

  private double probability(Corpus corpus, int at) {
    int context = contextBefore(corpus, at);
    int[] row = counts[context];
    int seen = row == null ? 0 : row[corpus.token(at)];
    return (seen + ADDED) / (totals[context] + ADDED * SYMBOLS);
  }

  private int contextBefore(Corpus corpus, int at) {
    int context = 0;
    for (int back = order; back > 0; back--) {
      context = context << 8 | corpus.token(at - back);
    }
    return context;
  }
}
