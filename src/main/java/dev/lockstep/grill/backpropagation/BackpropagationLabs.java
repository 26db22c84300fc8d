package dev.lockstep.grill.backpropagation;

import dev.lockstep.grill.lab.Lab;
import java.util.List;

/** The questions on backpropagation, in their order. */
public final class BackpropagationLabs {
  private BackpropagationLabs() {}

  /** One of each. */
  public static List<Lab> all() {
    return List.of(
        new Backpropagation(),
        new TwoLayerBackward(),
        new ReverseMode(),
        new ForwardMode(),
        new BackwardCall(),
        new ZeroGrad(),
        new SavedActivations());
  }
}
