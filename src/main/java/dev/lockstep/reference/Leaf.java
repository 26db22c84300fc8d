package dev.lockstep.reference;

import java.util.Arrays;
import java.util.function.Consumer;

/**
 * A trained tensor, which outlives the tapes it is read on. Reverse mode <em>adds</em> to its
 * gradient, until somebody sets that to zero.
 */
public final class Leaf {
  private final String name;
  private final int[] shape;
  private final double[] values;
  private final double[] gradient;
  private int version;

  /**
   * Gradient zero.
   *
   * @param name for messages
   * @param values in row-major order, not copied
   */
  public Leaf(String name, double[] values, int... shape) {
    Variable.requireCount(values, shape);
    this.name = name;
    this.values = values;
    this.shape = shape.clone();
    this.gradient = new double[values.length];
  }

  public String name() {
    return name;
  }

  public int[] shape() {
    return shape.clone();
  }

  /** The number of elements. */
  public int count() {
    return values.length;
  }

  /** To be read; {@link #update} writes. */
  public double[] values() {
    return values;
  }

  /** What reverse sweeps added up. May be written to, as clipping does. */
  public double[] gradient() {
    return gradient;
  }

  /** Sets the gradient to zero. */
  public void zeroGradient() {
    Arrays.fill(gradient, 0);
  }

  /** Lets {@code change} write new values; tapes that read the old ones can no longer go back. */
  public void update(Consumer<double[]> change) {
    change.accept(values);
    version++;
  }

  /** How often the values were updated. */
  public int version() {
    return version;
  }
}
