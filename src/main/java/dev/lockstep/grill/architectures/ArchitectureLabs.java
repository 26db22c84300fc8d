package dev.lockstep.grill.architectures;

import dev.lockstep.grill.lab.Lab;
import java.util.List;

/** The questions on modern architectures, in their order. */
public final class ArchitectureLabs {
  private ArchitectureLabs() {}

  /** One of each. */
  public static List<Lab> all() {
    return List.of(
        new ConvolutionBackward(),
        new TransformerFfn(),
        new BatchAndLayerNorm(),
        new Dropout(),
        new WeightDecay());
  }
}
