package dev.lockstep.grill.losses;

import dev.lockstep.grill.lab.Lab;
import java.util.List;

/** The questions on losses, in their order. */
public final class LossLabs {
  private LossLabs() {}

  /** One of each. */
  public static List<Lab> all() {
    return List.of(
        new SoftmaxCrossEntropy(),
        new SigmoidBce(),
        new SquaredErrorWhen(),
        new MulticlassMultilabel());
  }
}
