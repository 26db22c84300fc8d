package dev.lockstep.grill.lab;

import dev.lockstep.ops.Labels;
import java.util.Locale;

/** What questions are about. */
public enum Topic {
  BASICS("MLP basics"),
  ACTIVATIONS("Activations"),
  LOSSES("Losses"),
  BACKPROPAGATION("Backpropagation"),
  INITIALIZATION("Initialisation"),
  GRADIENTS("Vanishing and exploding gradients"),
  TRAINING("The training loop"),
  ARCHITECTURES("Modern architectures"),
  SUBTLETIES("Subtleties"),
  QUICK_FIRE("Quick fire");

  private final String title;

  Topic(String title) {
    this.title = title;
  }

  /** The name on the command line: {@code quick-fire}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The topic of that {@link #label}.
   *
   * @throws IllegalArgumentException for any other; the message lists the names
   */
  public static Topic of(String label) {
    return Labels.find("topic", values(), Topic::label, label);
  }

  /** As a heading. */
  public String title() {
    return title;
  }
}
