package dev.lockstep.grill.basics;

import dev.lockstep.grill.lab.Lab;
import java.util.List;

/** The questions on multi-layer perceptrons, in their order. */
public final class BasicLabs {
  private BasicLabs() {}

  /** One of each. */
  public static List<Lab> all() {
    return List.of(
        new MlpLayer(),
        new WhyNonlinearity(),
        new UniversalApproximation(),
        new DepthVersusWidth(),
        new DepthIsHard());
  }
}
