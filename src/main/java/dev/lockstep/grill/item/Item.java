package dev.lockstep.grill.item;

/** Something to be asked. */
public sealed interface Item permits Calculation, Choice, Derivation, Prediction, Recall {
  /** The question, as a sentence or two. */
  String prompt();
}
