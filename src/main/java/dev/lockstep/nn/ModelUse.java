package dev.lockstep.nn;

/** What a model is made for, and so what it keeps of a forward pass. */
public enum ModelUse {
  /** Forward passes alone: nothing. */
  INFERENCE,
  /** All that backward passes read. */
  TRAINING,
  /**
   * Less: what a feed-forward network has between its products is computed once more, of hidden
   * width the two tensors gate and up instead of three where it is gated, for no further launch,
   * and none instead of two where it is not, for one further product. The bits are the same.
   */
  RECOMPUTING;

  /** Whether backward passes will follow. */
  boolean training() {
    return this != INFERENCE;
  }
}
