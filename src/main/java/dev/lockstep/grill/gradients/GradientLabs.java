package dev.lockstep.grill.gradients;

import dev.lockstep.grill.lab.Lab;
import java.util.List;

/** The questions on vanishing and exploding gradients, in their order. */
public final class GradientLabs {
  private GradientLabs() {}

  /** One of each. */
  public static List<Lab> all() {
    return List.of(
        new SigmoidVanishing(),
        new VanishingFixes(),
        new ResidualPath(),
        new Clipping(),
        new RecurrentGradients(),
        new PreAndPostNorm());
  }
}
