package dev.lockstep.nn;

import dev.lockstep.numeric.CounterRandom;

/** The values of a parameter before the first step. */
public sealed interface Initializer {
  /** Element {@code index} of the parameter whose numbers are {@code random}. */
  float value(CounterRandom random, long index);

  /** The same value everywhere: 0 for biases, 1 for the weights of norms. */
  record Constant(float value) implements Initializer {
    @Override
    public float value(CounterRandom random, long index) {
      return value;
    }
  }

  /** Normal around zero. */
  record Normal(double standardDeviation) implements Initializer {
    @Override
    public float value(CounterRandom random, long index) {
      return (float) (standardDeviation * random.gaussian(index));
    }
  }
}
