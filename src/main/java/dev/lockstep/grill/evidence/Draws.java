package dev.lockstep.grill.evidence;

import dev.lockstep.numeric.CounterRandom;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Random numbers one after the other: the same seed gives the same bits. Not for several threads at
 * once; give each its own {@link #child}.
 */
public final class Draws {
  private final CounterRandom numbers;
  private long next;

  private Draws(CounterRandom numbers) {
    this.numbers = numbers;
  }

  /** Those of a seed. */
  public static Draws of(long seed) {
    return new Draws(CounterRandom.of(seed));
  }

  /** Independent ones for the part of that name, whatever was drawn here before. */
  public Draws child(String name) {
    return new Draws(numbers.child(name));
  }

  /** Independent ones for part {@code index}, whatever was drawn here before. */
  public Draws child(long index) {
    return new Draws(numbers.child(index));
  }

  /** Standard normal. */
  public double normal() {
    return numbers.gaussian(next++);
  }

  /** Uniform in [from, to). */
  public double uniform(double from, double to) {
    return from + (to - from) * numbers.uniform(next++);
  }

  /** Uniform among 0 … bound − 1. */
  public int below(int bound) {
    return (int) numbers.below(bound, next++);
  }

  /** Uniform among from … to, both included. */
  public int between(int from, int to) {
    return from + below(to - from + 1);
  }

  /** Whether something of this probability happens. */
  public boolean chance(double probability) {
    return uniform(0, 1) < probability;
  }

  /** {@code count} normal numbers of that standard deviation. */
  public double[] normals(int count, double deviation) {
    double[] all = new double[count];
    for (int i = 0; i < count; i++) {
      all[i] = deviation * normal();
    }
    return all;
  }

  /** {@code count} numbers uniform in [from, to). */
  public double[] uniforms(int count, double from, double to) {
    double[] all = new double[count];
    for (int i = 0; i < count; i++) {
      all[i] = uniform(from, to);
    }
    return all;
  }

  /** One of several things. */
  public <T> T oneOf(List<T> things) {
    return things.get(below(things.size()));
  }

  /** 0 … count − 1 in an order that is uniform among all (Fisher and Yates 1938). */
  public int[] permutation(int count) {
    int[] order = IntStream.range(0, count).toArray();
    for (int i = count - 1; i > 0; i--) {
      int other = below(i + 1);
      int moved = order[i];
      order[i] = order[other];
      order[other] = moved;
    }
    return order;
  }
}
