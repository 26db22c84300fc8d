package dev.lockstep.grill.activations;

import dev.lockstep.grill.lab.Lab;
import java.util.List;

/** The questions on activations, in their order. */
public final class ActivationLabs {
  private ActivationLabs() {}

  /** One of each. */
  public static List<Lab> all() {
    return List.of(
        new SigmoidHidden(),
        new ReluDefault(),
        new DyingRelu(),
        new DyingReluFixes(),
        new Gelu(),
        new SwiGlu(),
        new ReluVersusGelu());
  }
}
