package dev.lockstep.nn;

import dev.lockstep.ops.Labels;
import java.util.Locale;

/** Which normalisation stands before each block and before the head. */
public enum NormKind {
  /** By the root of the mean square, with a weight. */
  RMSNORM,
  /** By mean and variance, with a weight and a bias. */
  LAYERNORM;

  /** The name on the command line: {@code rmsnorm}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The kind of that {@link #label}.
   *
   * @throws IllegalArgumentException for any other; the message lists the names
   */
  public static NormKind of(String label) {
    return Labels.find("norm", values(), NormKind::label, label);
  }
}
