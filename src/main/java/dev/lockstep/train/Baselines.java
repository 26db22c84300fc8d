package dev.lockstep.train;

import dev.lockstep.data.Corpus;
import dev.lockstep.data.NGramBaseline;

/**
 * Bits per byte that models which only count reach on the held-out part.
 *
 * @param order0 knowing nothing but how frequent bytes are
 * @param order1 knowing the byte before
 * @param order2 knowing the two bytes before
 */
public record Baselines(double order0, double order1, double order2) {
  static Baselines of(Corpus corpus) {
    return new Baselines(bits(corpus, 0), bits(corpus, 1), bits(corpus, 2));
  }

  private static double bits(Corpus corpus, int order) {
    return NGramBaseline.count(corpus, order).bitsPerByte(corpus);
  }
}
