package dev.lockstep.reference;

import dev.lockstep.reference.Derivative.Reads;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The operations whose derivatives are written down rather than derived. Each method evaluates its
 * formula and, beside it, lists the same formula's partial derivatives. Rearrangements are in
 * {@link Views}.
 */
public final class Primitives {
  private Primitives() {}

  /** {@code y[o] = x[index[o]]}: table lookups, and choices of elements. */
  public static Variable gather(Variable x, int[] index, int... shape) {
    double[] y = new double[index.length];
    for (int o = 0; o < y.length; o++) {
      y[o] = x.values()[index[o]];
    }
    return x.tape().record(y, shape, new Gather(index), x);
  }

  /** The Jacobian of a choice of elements. */
  record Gather(int[] index) implements Jacobian {
    @Override
    public void forEach(Visitor visitor) {
      for (int o = 0; o < index.length; o++) {
        visitor.entry(o, 0, index[o], 1);
      }
    }

    @Override
    public void pullBack(double[] upstream, double[] @Nullable [] gradients) {
      double[] gradient = gradients[0];
      for (int o = 0; o < index.length; o++) {
        gradient[index[o]] += upstream[o];
      }
    }
  }

  /** {@code y = f(x)} for each element, {@code derivative} being f′, a function of x. */
  public static Variable map(Variable x, DoubleUnaryOperator f, DoubleUnaryOperator derivative) {
    return x.tape()
        .record(
            mapped(x, f), x.shape(), new Elementwise.Map(x.values(), Reads.INPUTS, derivative), x);
  }

  /**
   * The same, f′ being a function of y: {@code x ↦ eˣ} has the derivative {@code y ↦ y}. The
   * backward sweep then needs y, which the next layer often keeps anyway, and not x.
   */
  public static Variable mapByOutput(
      Variable x, DoubleUnaryOperator f, DoubleUnaryOperator derivative) {
    double[] y = mapped(x, f);
    return x.tape().record(y, x.shape(), new Elementwise.Map(y, Reads.OUTPUT, derivative), x);
  }

  private static double[] mapped(Variable x, DoubleUnaryOperator f) {
    double[] y = new double[x.count()];
    for (int i = 0; i < y.length; i++) {
      y[i] = f.applyAsDouble(x.values()[i]);
    }
    return y;
  }

  /** {@code a + b} for each element. */
  public static Variable add(Variable a, Variable b) {
    return addScaled(a, 1, b);
  }

  /** {@code a − b} for each element. */
  public static Variable subtract(Variable a, Variable b) {
    return addScaled(a, -1, b);
  }

  /** {@code y = a + factor · b} for each element. */
  public static Variable addScaled(Variable a, double factor, Variable b) {
    requireSameShape("add", a, b);
    double[] y = a.values().clone();
    Elementwise.addScaled(y, factor, b.values());
    return a.tape().record(y, a.shape(), new Elementwise.Sum(y.length, 1, factor), a, b);
  }

  /** {@code y = a · b} for each element. */
  public static Variable multiply(Variable a, Variable b) {
    requireSameShape("multiply", a, b);
    double[] y = new double[a.count()];
    for (int i = 0; i < y.length; i++) {
      y[i] = a.values()[i] * b.values()[i];
    }
    return a.tape().record(y, a.shape(), new Elementwise.Product(a.values(), b.values()), a, b);
  }

  /** {@code y = factor · x} for each element. */
  public static Variable scale(Variable x, double factor) {
    return affine(x, factor, 0);
  }

  /** {@code y = factor · x + offset} for each element. */
  public static Variable affine(Variable x, double factor, double offset) {
    return x.tape()
        .record(
            mapped(x, value -> factor * value + offset),
            x.shape(),
            new Elementwise.Sum(x.count(), factor),
            x);
  }

  /** {@code y[i,j] = Σₖ a[i,k] b[k,j]}. */
  public static Variable matmul(Variable a, Variable b) {
    int m = a.rows();
    int depth = a.columns();
    int n = b.columns();
    if (b.rows() != depth) {
      throw new IllegalArgumentException(
          "matmul: %s times %s: the columns of one must be the rows of the other"
              .formatted(Arrays.toString(a.shape()), Arrays.toString(b.shape())));
    }
    double[] y = new double[m * n];
    MatrixProduct.add(y, a.values(), b.values(), m, depth, n);
    return a.tape()
        .record(y, new int[] {m, n}, new MatrixProduct(a.values(), b.values(), m, depth, n), a, b);
  }

  /** {@code y[r] = Σⱼ x[r,j]} over the last dimension. */
  public static Variable sumRows(Variable x) {
    int rows = x.rows();
    int columns = x.columns();
    double[] y = new double[rows];
    for (int i = 0, r = 0; r < rows; r++) {
      for (int j = 0; j < columns; j++) {
        y[r] += x.values()[i++];
      }
    }
    return x.tape()
        .record(
            y,
            new int[] {rows},
            visitor -> {
              for (int i = 0, r = 0; r < rows; r++) {
                for (int j = 0; j < columns; j++) {
                  visitor.entry(r, 0, i++, 1);
                }
              }
            },
            x);
  }

  /** The sum of all elements, {@code [1]}. */
  public static Variable sum(Variable x) {
    return sumRows(Views.reshape(x, 1, x.count()));
  }

  /** The mean of all elements, {@code [1]}. */
  public static Variable mean(Variable x) {
    return scale(sum(x), 1.0 / x.count());
  }

  /**
   * {@code y[r] = log Σⱼ exp x[r,j]} over the last dimension, the largest element taken out of the
   * exponent. An element of −∞ adds nothing and has derivative 0.
   */
  public static Variable logSumExp(Variable x) {
    int rows = x.rows();
    int columns = x.columns();
    double[] y = new double[rows];
    for (int r = 0; r < rows; r++) {
      double[] row = Arrays.copyOfRange(x.values(), r * columns, (r + 1) * columns);
      double largest = Arrays.stream(row).reduce(Double.NEGATIVE_INFINITY, Math::max);
      y[r] = largest + Math.log(Arrays.stream(row).map(v -> Math.exp(v - largest)).sum());
    }
    return x.tape().record(y, new int[] {rows}, new LogSumExp(x.values(), y), x);
  }

  /** The Jacobian of the logarithm of a sum of exponentials: softmax. */
  private record LogSumExp(double[] x, double[] y) implements Jacobian {
    @Override
    public void forEach(Visitor visitor) {
      int columns = x.length / y.length;
      for (int i = 0; i < x.length; i++) {
        int r = i / columns;
        visitor.entry(r, 0, i, Math.exp(x[i] - y[r]));
      }
    }

    @Override
    public Reads reads() {
      return Reads.INPUTS_AND_OUTPUT;
    }
  }

  private static void requireSameShape(String what, Variable a, Variable b) {
    if (!Arrays.equals(a.shape(), b.shape())) {
      throw new IllegalArgumentException(
          "%s: shape %s and shape %s must be the same"
              .formatted(what, Arrays.toString(a.shape()), Arrays.toString(b.shape())));
    }
  }
}
