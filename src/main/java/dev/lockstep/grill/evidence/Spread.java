package dev.lockstep.grill.evidence;

import dev.lockstep.profile.Median;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * One number, found with several draws.
 *
 * @param values in the order they were found
 */
public record Spread(List<Double> values) {
  public Spread {
    values = List.copyOf(values);
    if (values.isEmpty()) {
      throw new IllegalArgumentException("a spread of no values");
    }
  }

  /** A number that does not depend on chance. */
  public static Spread of(double... values) {
    return new Spread(Arrays.stream(values).boxed().toList());
  }

  /** What {@code number} is of each of several things: of draws, what an experiment finds. */
  public static <T> Spread over(List<T> each, ToDoubleFunction<? super T> number) {
    return new Spread(each.stream().map(number::applyAsDouble).toList());
  }

  /** The middle one, or the mean of the two in the middle. */
  public double median() {
    return Median.of(sorted());
  }

  /** The smallest. */
  public double least() {
    return sorted()[0];
  }

  /** The largest; NaN where there is one. */
  public double most() {
    return sorted()[values.size() - 1];
  }

  /** How many of its standard errors the mean is from 0. */
  public double standardErrors() {
    int n = values.size();
    double mean = values.stream().mapToDouble(v -> v).average().orElseThrow();
    double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
    return Math.abs(mean) / Math.sqrt(squares / (n - 1) / n);
  }

  private double[] sorted() {
    return values.stream().mapToDouble(v -> v).sorted().toArray();
  }

  /** For example {@code 0.497 [0.486..0.522]}. */
  @Override
  public String toString() {
    return values.size() == 1
        ? Numeral.text(median())
        : "%s [%s..%s]"
            .formatted(Numeral.text(median()), Numeral.text(least()), Numeral.text(most()));
  }
}
