package dev.lockstep.grill;

import dev.lockstep.grill.activations.ActivationLabs;
import dev.lockstep.grill.architectures.ArchitectureLabs;
import dev.lockstep.grill.backpropagation.BackpropagationLabs;
import dev.lockstep.grill.basics.BasicLabs;
import dev.lockstep.grill.gradients.GradientLabs;
import dev.lockstep.grill.initialization.InitializationLabs;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.losses.LossLabs;
import dev.lockstep.grill.quickfire.QuickFireLabs;
import dev.lockstep.grill.subtleties.SubtletyLabs;
import dev.lockstep.grill.training.TrainingLabs;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** All questions, in their order. */
public final class Catalogue {
  private static final List<Lab> LABS =
      Stream.of(
              BasicLabs.all(),
              ActivationLabs.all(),
              LossLabs.all(),
              BackpropagationLabs.all(),
              InitializationLabs.all(),
              GradientLabs.all(),
              TrainingLabs.all(),
              ArchitectureLabs.all(),
              SubtletyLabs.all(),
              QuickFireLabs.all())
          .flatMap(List::stream)
          .toList();

  private Catalogue() {}

  /** From the first to the last. */
  public static List<Lab> labs() {
    return LABS;
  }

  /** Those that have a long form. */
  public static List<Lab> withLongForm() {
    return LABS.stream().filter(lab -> !lab.question().longForm().isEmpty()).toList();
  }

  /** The lab of that id or name: {@code q30} and {@code sigmoid-vanishing} are the same. */
  public static Optional<Lab> find(String name) {
    return LABS.stream()
        .filter(lab -> lab.question().id().equals(name) || lab.question().slug().equals(name))
        .findFirst();
  }
}
