package dev.lockstep.grill.lab;

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

  /** As a heading. */
  public String title() {
    return title;
  }
}
