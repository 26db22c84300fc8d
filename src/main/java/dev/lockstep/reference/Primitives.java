package dev.lockstep.reference;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * The operations whose derivatives are written down rather than derived. Each method evaluates its
 * formula and, beside it, lists the same formula's partial derivatives.
 */
final class Primitives {
  private Primitives() {}

  /**
   * {@code y[o] = x[index[o]]}: reshapes, transposes, broadcasts, slices and table lookups are all
   * this one.
   */
  static Variable gather(Variable x, int[] index, int... shape) {
    double[] y = new double[index.length];
    for (int o = 0; o < y.length; o++) {
      y[o] = x.values()[index[o]];
    }
    return x.tape()
        .record(
            y,
            shape,
            j -> {
              for (int o = 0; o < index.length; o++) {
                j.entry(o, 0, index[o], 1);
              }
            },
            x);
  }

  /** {@code y = f(x)} for each element, {@code derivative} being f′. */
  static Variable map(Variable x, DoubleUnaryOperator f, DoubleUnaryOperator derivative) {
    return x.tape()
        .record(
            Arrays.stream(x.values()).map(f).toArray(),
            x.shape(),
            j -> {
              for (int i = 0; i < x.count(); i++) {
                j.entry(i, 0, i, derivative.applyAsDouble(x.values()[i]));
              }
            },
            x);
  }

  /** {@code y = a + factor · b} for each element. */
  static Variable addScaled(Variable a, double factor, Variable b) {
    requireSameShape("add", a, b);
    double[] y = new double[a.count()];
    for (int i = 0; i < y.length; i++) {
      y[i] = a.values()[i] + factor * b.values()[i];
    }
    return a.tape()
        .record(
            y,
            a.shape(),
            j -> {
              for (int i = 0; i < y.length; i++) {
                j.entry(i, 0, i, 1);
                j.entry(i, 1, i, factor);
              }
            },
            a,
            b);
  }

  /** {@code y[i] = factors[i] · x[i]}, the factors being constants. */
  static Variable scaleEach(Variable x, double[] factors) {
    double[] y = new double[x.count()];
    for (int i = 0; i < y.length; i++) {
      y[i] = factors[i] * x.values()[i];
    }
    return x.tape()
        .record(
            y,
            x.shape(),
            j -> {
              for (int i = 0; i < factors.length; i++) {
                j.entry(i, 0, i, factors[i]);
              }
            },
            x);
  }

  /** {@code y = a · b} for each element. */
  static Variable multiply(Variable a, Variable b) {
    requireSameShape("multiply", a, b);
    double[] y = new double[a.count()];
    for (int i = 0; i < y.length; i++) {
      y[i] = a.values()[i] * b.values()[i];
    }
    return a.tape()
        .record(
            y,
            a.shape(),
            j -> {
              for (int i = 0; i < y.length; i++) {
                j.entry(i, 0, i, b.values()[i]);
                j.entry(i, 1, i, a.values()[i]);
              }
            },
            a,
            b);
  }

  /** {@code y = factor · x + offset} for each element. */
  static Variable affine(Variable x, double factor, double offset) {
    return map(x, value -> factor * value + offset, value -> factor);
  }

  /** {@code y[i,j] = Σₖ a[i,k] b[k,j]}. */
  static Variable matmul(Variable a, Variable b) {
    int m = a.rows();
    int depth = a.columns();
    int n = b.columns();
    if (b.rows() != depth) {
      throw new IllegalArgumentException(
          "matmul: %s times %s".formatted(Arrays.toString(a.shape()), Arrays.toString(b.shape())));
    }
    double[] y = new double[m * n];
    for (int i = 0; i < m; i++) {
      for (int k = 0; k < depth; k++) {
        for (int j = 0; j < n; j++) {
          y[i * n + j] += a.values()[i * depth + k] * b.values()[k * n + j];
        }
      }
    }
    return a.tape()
        .record(
            y,
            new int[] {m, n},
            jacobian -> {
              for (int i = 0; i < m; i++) {
                for (int k = 0; k < depth; k++) {
                  for (int j = 0; j < n; j++) {
                    jacobian.entry(i * n + j, 0, i * depth + k, b.values()[k * n + j]);
                    jacobian.entry(i * n + j, 1, k * n + j, a.values()[i * depth + k]);
                  }
                }
              }
            },
            a,
            b);
  }

  /** {@code y[r] = Σⱼ x[r,j]} over the last dimension. */
  static Variable sumRows(Variable x) {
    int rows = x.rows();
    int columns = x.columns();
    double[] y = new double[rows];
    for (int i = 0; i < x.count(); i++) {
      y[i / columns] += x.values()[i];
    }
    return x.tape()
        .record(
            y,
            new int[] {rows},
            j -> {
              for (int i = 0; i < x.count(); i++) {
                j.entry(i / columns, 0, i, 1);
              }
            },
            x);
  }

  /**
   * {@code y[r] = log Σⱼ exp x[r,j]} over the last dimension, the largest element taken out of the
   * exponent. An element of −∞ adds nothing and has derivative 0.
   */
  static Variable logSumExp(Variable x) {
    int rows = x.rows();
    int columns = x.columns();
    double[] y = new double[rows];
    for (int r = 0; r < rows; r++) {
      double[] row = Arrays.copyOfRange(x.values(), r * columns, (r + 1) * columns);
      double largest = Arrays.stream(row).reduce(Double.NEGATIVE_INFINITY, Math::max);
      y[r] = largest + Math.log(Arrays.stream(row).map(v -> Math.exp(v - largest)).sum());
    }
    return x.tape()
        .record(
            y,
            new int[] {rows},
            j -> {
              for (int i = 0; i < x.count(); i++) {
                int r = i / columns;
                j.entry(r, 0, i, Math.exp(x.values()[i] - y[r]));
              }
            },
            x);
  }

  private static void requireSameShape(String what, Variable a, Variable b) {
    if (!Arrays.equals(a.shape(), b.shape())) {
      throw new IllegalArgumentException(
          "%s: shape %s and shape %s"
              .formatted(what, Arrays.toString(a.shape()), Arrays.toString(b.shape())));
    }
  }
}
