package dev.lockstep.nn;

import dev.lockstep.ops.Labels;
import java.util.Locale;

/** Where a block normalises. */
public enum NormPlacement {
  /** Before its network: x + ffn(norm(x)), and once more before the head. */
  PRE,
  /** After the addition: norm(x + ffn(x)), and not before the head. */
  POST;

  /** The name on the command line: {@code pre}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The placement of that {@link #label}.
   *
   * @throws IllegalArgumentException for any other; the message lists the names
   */
  public static NormPlacement of(String label) {
    return Labels.find("norm placement", values(), NormPlacement::label, label);
  }
}
