package dev.lockstep.train.health;

import dev.lockstep.ops.Activation;
import dev.lockstep.tensor.HostTensor;
import java.util.BitSet;
import java.util.OptionalDouble;

/** Adds up the statistics of a tensor that comes in several parts, each some of its rows. */
final class TensorTally {
  private final String name;
  private long count;
  private long nonFinite;
  private double sum;
  private double squares;
  private int units; // columns whose being alive is asked for
  private final BitSet alive = new BitSet();
  private long activated;
  private long flat;

  TensorTally(String name) {
    this.name = name;
  }

  /** Takes in values. */
  void add(float[] values) {
    for (float value : values) {
      add(value);
    }
  }

  /** Takes in rows. */
  void add(HostTensor rows) {
    for (long i = 0; i < rows.count(); i++) {
      add(rows.get(i));
    }
  }

  /** Takes in rows, and which of their columns are anything but 0. */
  void addUnits(HostTensor rows) {
    units = Math.toIntExact(rows.shape().cols());
    int unit = 0;
    for (long i = 0; i < rows.count(); i++) {
      double value = rows.get(i);
      add(value);
      if (value != 0) {
        alive.set(unit);
      }
      unit = unit + 1 == units ? 0 : unit + 1;
    }
  }

  private void add(double value) {
    count++;
    if (Double.isFinite(value)) {
      sum += value;
      squares += value * value;
    } else {
      nonFinite++;
    }
  }

  /** Takes in results of an activation, to see where its slope is small. */
  void addResults(HostTensor results, Activation activation) {
    activated += results.count();
    for (long i = 0; i < results.count(); i++) {
      flat += slope(results.get(i), activation) < 0.01 ? 1 : 0;
    }
  }

  /** Takes in what goes into an activation, for the same. */
  void addArguments(HostTensor arguments, Activation activation) {
    activated += arguments.count();
    for (long i = 0; i < arguments.count(); i++) {
      double z = arguments.get(i);
      double result = activation == Activation.TANH ? Math.tanh(z) : 1 / (1 + Math.exp(-z));
      flat += slope(result, activation) < 0.01 ? 1 : 0;
    }
  }

  /** Whether an activation has asymptotes on both sides. */
  static boolean saturates(Activation activation) {
    return activation == Activation.SIGMOID || activation == Activation.TANH;
  }

  /** The derivative where the result is y, as a share of the largest there is. */
  private static double slope(double y, Activation activation) {
    return activation == Activation.TANH ? 1 - y * y : 4 * y * (1 - y);
  }

  TensorHealth health() {
    return health(1);
  }

  /** Of the values divided by a scale. */
  TensorHealth health(double scale) {
    long finite = count - nonFinite;
    return new TensorHealth(
        name,
        count,
        nonFinite,
        sum / finite / scale,
        Math.sqrt(squares / finite) / scale,
        share(units - alive.cardinality(), units),
        share(flat, activated));
  }

  private static OptionalDouble share(long part, long whole) {
    return whole == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) part / whole);
  }
}
