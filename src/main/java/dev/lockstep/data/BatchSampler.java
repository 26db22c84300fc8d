package dev.lockstep.data;

import dev.lockstep.numeric.CounterRandom;

/**
 * Draws training batches: each row's target is uniform over the bytes of the training part that
 * have a whole context before them. Which bytes make up a step depends on the seed, the step and
 * the row alone, so that a run that continues from a checkpoint sees what it would have seen.
 */
public final class BatchSampler {
  private final Corpus corpus;
  private final int context;
  private final CounterRandom random;

  /**
   * @throws IllegalArgumentException when the training part is no longer than {@code context}
   */
  public BatchSampler(Corpus corpus, int context, long seed) {
    corpus.requireContext(context);
    this.corpus = corpus;
    this.context = context;
    this.random = CounterRandom.of(seed).child("batches");
  }

  /**
   * Fills a batch with rows {@code firstRow …} of a step: a step of many rows may be filled in
   * pieces, and is the same step.
   *
   * @throws IllegalArgumentException when the batch was made for another context
   */
  public void fill(Batch batch, long step, int firstRow) {
    if (batch.words() != context) {
      throw new IllegalArgumentException(
          "batch of context " + batch.words() + " for a sampler of context " + context);
    }
    CounterRandom ofStep = random.child(step);
    for (int row = 0; row < batch.rows(); row++) {
      long place = ofStep.below(corpus.split() - context, (long) firstRow + row);
      batch.predict(row, corpus, context + (int) place);
    }
  }
}
