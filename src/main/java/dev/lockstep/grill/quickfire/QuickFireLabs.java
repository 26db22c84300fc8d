package dev.lockstep.grill.quickfire;

import dev.lockstep.grill.lab.Lab;
import java.util.List;

/** The questions to be answered in a breath, in their order. */
public final class QuickFireLabs {
  private QuickFireLabs() {}

  /** One of each. */
  public static List<Lab> all() {
    return List.of(
        new ReluInit(),
        new TanhInit(),
        new BinaryOutput(),
        new MulticlassOutput(),
        new BackwardCost(),
        new SigmoidDepth(),
        new ResidualFixes(),
        new PreOverPost(),
        new FfnRatio(),
        new ClipValue());
  }
}
