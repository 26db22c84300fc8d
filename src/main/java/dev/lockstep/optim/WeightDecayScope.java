package dev.lockstep.optim;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Which parameters weight decay pulls towards zero. */
public enum WeightDecayScope {
  /** The weights of linear layers: not embeddings, biases and the weights of norms. */
  MATRICES,
  /** Every parameter. */
  ALL;

  /** The name on the command line: {@code matrices}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The scope of that {@link #label}.
   *
   * @throws IllegalArgumentException for any other; the message lists the names
   */
  public static WeightDecayScope of(String label) {
    for (WeightDecayScope scope : values()) {
      if (scope.label().equals(label)) {
        return scope;
      }
    }
    throw new IllegalArgumentException(
        "unknown weight decay scope \"%s\"; known: %s"
            .formatted(
                label,
                Arrays.stream(values())
                    .map(WeightDecayScope::label)
                    .collect(Collectors.joining(", "))));
  }
}
