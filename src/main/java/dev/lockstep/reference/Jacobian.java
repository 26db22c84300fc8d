package dev.lockstep.reference;

/**
 * The partial derivatives of one primitive, as a list of those that are not zero everywhere.
 * Reverse and forward mode both read this one list, so they cannot disagree about a formula.
 */
@FunctionalInterface
interface Jacobian {
  /** Hands every entry to {@code visitor}; entries of the same place add up. */
  void forEach(Visitor visitor);

  /** Receives the entries of a Jacobian. */
  @FunctionalInterface
  interface Visitor {
    /**
     * ∂output[{@code out}] / ∂inputs[{@code input}][{@code in}].
     *
     * @param input which input of the primitive
     */
    void entry(int out, int input, int in, double partial);
  }
}
