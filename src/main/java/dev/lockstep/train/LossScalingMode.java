package dev.lockstep.train;

import dev.lockstep.ops.Labels;
import java.util.Locale;

/** When a run scales its loss, so that small gradients survive being stored in 16 bits. */
public enum LossScalingMode {
  /** In {@link Precision#FP16}, whose range needs it; in no other. */
  AUTO,
  /** In any precision. */
  DYNAMIC,
  /** Never. */
  NONE;

  /** Whether a run in that precision scales its loss. */
  public boolean scales(Precision precision) {
    return this == DYNAMIC || (this == AUTO && precision == Precision.FP16);
  }

  /** The name on the command line: {@code auto}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The mode of that {@link #label}.
   *
   * @throws IllegalArgumentException for any other; the message lists the names
   */
  public static LossScalingMode of(String label) {
    return Labels.find("loss scaling", values(), LossScalingMode::label, label);
  }
}
