package dev.lockstep.train;

import dev.lockstep.data.Corpus;
import dev.lockstep.data.DigitImages;
import dev.lockstep.data.LabelledImages;
import dev.lockstep.data.NGramBaseline;

/** What models that only count the training part reach on the held-out part. */
public sealed interface Baselines {
  /**
   * Bits per byte of text.
   *
   * @param order0 knowing nothing but how frequent bytes are
   * @param order1 knowing the byte before
   * @param order2 knowing the two bytes before
   */
  record Text(double order0, double order1, double order2) implements Baselines {
    static Text of(Corpus corpus) {
      return new Text(bits(corpus, 0), bits(corpus, 1), bits(corpus, 2));
    }

    private static double bits(Corpus corpus, int order) {
      return NGramBaseline.count(corpus, order).bitsPerByte(corpus);
    }
  }

  /**
   * Of classes, knowing nothing but how frequent each is.
   *
   * @param label the most frequent one
   * @param accuracy of always saying that one
   * @param loss of saying each as often as it came, in nats
   */
  record Majority(int label, double accuracy, double loss) implements Baselines {
    static Majority of(DigitImages images) {
      long[] seen = counts(images.training());
      long[] heldOut = counts(images.heldOut());
      int label = 0;
      double nats = 0;
      for (int c = 0; c < seen.length; c++) {
        label = seen[c] > seen[label] ? c : label;
        // One more of each: a class that never came is unlikely, not impossible.
        nats -= heldOut[c] * Math.log((seen[c] + 1.0) / (images.training().count() + seen.length));
      }
      double count = images.heldOut().count();
      return new Majority(label, heldOut[label] / count, nats / count);
    }

    private static long[] counts(LabelledImages images) {
      long[] counts = new long[LabelledImages.DIGITS];
      for (int i = 0; i < images.count(); i++) {
        counts[images.label(i)]++;
      }
      return counts;
    }
  }
}
