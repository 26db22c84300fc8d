package dev.lockstep.reference;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Activation functions and their derivatives; both relus have the negative side's slope at 0. Elu
 * is {@code α (eˣ − 1)} below zero (Clevert et al. 2016, <a
 * href="https://arxiv.org/abs/1511.07289">1511.07289</a>). For −∞ silu and gelu are ∞ · 0 and NaN,
 * as are their derivatives; the derivative for ∞ is 1.
 */
public enum ActivationFormula {
  NONE,
  RELU,
  LEAKY_RELU,
  ELU,
  SIGMOID,
  TANH,
  SILU,
  GELU_TANH,
  GELU_ERF;

  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
  private static final double GELU_CUBIC = 0.044715;

  /**
   * The activation of that name, for example {@code gelu_erf}.
   *
   * @throws IllegalArgumentException for an unknown name, listing those there are
   */
  public static ActivationFormula named(String name) {
    for (ActivationFormula activation : values()) {
      if (activation.name().equalsIgnoreCase(name)) {
        return activation;
      }
    }
    throw new IllegalArgumentException(
        "unknown activation \"%s\"; known: %s"
            .formatted(
                name,
                Arrays.stream(values())
                    .map(known -> known.name().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(", "))));
  }

  /** Element by element, with the usual parameters: slope 0.01, α = 1. */
  public Variable apply(Variable x) {
    return apply(x, this == ELU ? 1 : 0.01);
  }

  /** Element by element; {@code slope} is the leaky relu's, or elu's α; the others ignore it. */
  public Variable apply(Variable x, double slope) {
    return switch (this) {
      case NONE -> x;
      case RELU -> Primitives.mapByOutput(x, v -> v <= 0 ? 0 : v, y -> y <= 0 ? 0 : 1);
      default -> Primitives.map(x, v -> value(v, slope), v -> derivative(v, slope));
    };
  }

  /** f(x). */
  public double value(double x, double slope) {
    return switch (this) {
      case NONE -> x;
      case RELU -> x <= 0 ? 0 : x;
      case LEAKY_RELU -> x <= 0 ? slope * x : x;
      case ELU -> x <= 0 ? slope * Math.expm1(x) : x;
      case SIGMOID -> sigmoid(x);
      case TANH -> Math.tanh(x);
      case SILU -> x * sigmoid(x);
      // ½(1 + tanh u) = sigmoid(2u), which keeps its digits in the negative tail.
      case GELU_TANH -> x * sigmoid(2 * geluTanhArgument(x));
      case GELU_ERF -> x * normalCdf(x);
    };
  }

  /** f′(x). */
  public double derivative(double x, double slope) {
    if (x == Double.POSITIVE_INFINITY && (this == SILU || this == GELU_TANH || this == GELU_ERF)) {
      return 1;
    }
    return switch (this) {
      case NONE -> 1;
      case RELU -> x <= 0 ? 0 : 1;
      case LEAKY_RELU -> x <= 0 ? slope : 1;
      case ELU -> x <= 0 ? slope * Math.exp(x) : 1;
      case SIGMOID -> sigmoid(x) * sigmoid(-x);
      case TANH -> 4 * sigmoid(2 * x) * sigmoid(-2 * x);
      case SILU -> sigmoid(x) + x * sigmoid(x) * sigmoid(-x);
      case GELU_TANH -> {
        double u = geluTanhArgument(x);
        double slopeOfU = SQRT_2_OVER_PI * (1 + 3 * GELU_CUBIC * x * x);
        yield sigmoid(2 * u) + x * 2 * sigmoid(2 * u) * sigmoid(-2 * u) * slopeOfU;
      }
      case GELU_ERF -> normalCdf(x) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    };
  }

  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double geluTanhArgument(double x) {
    return SQRT_2_OVER_PI * (x + GELU_CUBIC * x * x * x);
  }

  private static double normalCdf(double x) {
    return Erf.erfc(-x / Math.sqrt(2)) / 2;
  }
}
