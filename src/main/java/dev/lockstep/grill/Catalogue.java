package dev.lockstep.grill;

import dev.lockstep.grill.activations.Gelu;
import dev.lockstep.grill.basics.WhyNonlinearity;
import dev.lockstep.grill.lab.Lab;
import java.util.List;
import java.util.Optional;

/** All questions, in their order. */
public final class Catalogue {
  private static final List<Lab> LABS =
      List.of( //
          new WhyNonlinearity(), //
          new Gelu());

  private Catalogue() {}

  /** From the first to the last. */
  public static List<Lab> labs() {
    return LABS;
  }

  /** The lab of that id or name: {@code q30} and {@code sigmoid-vanishing} are the same. */
  public static Optional<Lab> find(String name) {
    return LABS.stream()
        .filter(lab -> lab.question().id().equals(name) || lab.question().slug().equals(name))
        .findFirst();
  }
}
