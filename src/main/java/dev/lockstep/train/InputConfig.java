package dev.lockstep.train;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a run sees.
 *
 * @param data file or directory to train on; null takes the licence texts of the running JDK, where
 *     text is learned
 * @param seed of first weights, batches, dropout and the sample
 * @param batch rows of one forward and backward pass
 * @param accumulation passes whose gradients add up to one step; a step sees batch · accumulation
 *     rows
 */
public record InputConfig(@Nullable Path data, long seed, int batch, int accumulation) {
  /**
   * Checks what is given.
   *
   * @throws IllegalArgumentException when a number is out of its range
   */
  public InputConfig {
    Checks.requireAtLeast("batch", batch, 1);
    Checks.requireAtLeast("accumulation", accumulation, 1);
    if ((long) batch * accumulation > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "batch %d times accumulation %d must stay below 2^31".formatted(batch, accumulation));
    }
  }

  /** Rows that make up one step. */
  public int rowsPerStep() {
    return batch * accumulation;
  }

  void describe(Map<String, String> knobs) {
    knobs.put("data", data == null ? "licence texts of the JDK" : data.toString());
    knobs.put("seed", Long.toString(seed));
    knobs.put("batch", Integer.toString(batch));
    knobs.put("accumulation", Integer.toString(accumulation));
  }
}
