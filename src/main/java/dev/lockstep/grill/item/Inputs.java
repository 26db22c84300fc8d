package dev.lockstep.grill.item;

import java.util.Map;

/** What was drawn for the names of a {@link Derivation}. */
public record Inputs(Map<String, Matrix> byName) {
  public Inputs {
    byName = Map.copyOf(byName);
  }

  /**
   * The matrix of that name.
   *
   * @throws IllegalArgumentException when there is none
   */
  public Matrix get(String name) {
    Matrix found = byName.get(name);
    if (found == null) {
      throw new IllegalArgumentException("no input \"" + name + "\" among " + byName.keySet());
    }
    return found;
  }

  /** The elements of the matrix of that name. */
  public double[] values(String name) {
    return get(name).values();
  }

  /** The number of that name. */
  public double number(String name) {
    return get(name).number();
  }
}
