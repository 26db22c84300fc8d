package dev.lockstep.reference;

import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/** The Jacobians of operations element by element: diagonal in each input. */
final class Elementwise {
  private Elementwise() {}

  /**
   * Of {@code y = f(x)}.
   *
   * @param read x or y, whichever the derivative is a function of
   * @param reads which of them that is
   */
  record Map(double[] read, Reads reads, DoubleUnaryOperator derivative) implements Jacobian {
    @Override
    public void forEach(Visitor visitor) {
      for (int i = 0; i < read.length; i++) {
        visitor.entry(i, 0, i, derivative.applyAsDouble(read[i]));
      }
    }

    @Override
    public void pullBack(double[] upstream, double[] @Nullable [] gradients) {
      if (gradients[0] != null) {
        carry(upstream, gradients[0]);
      }
    }

    @Override
    public void pushForward(double[] @Nullable [] directions, double[] tangent) {
      if (directions[0] != null) {
        carry(directions[0], tangent);
      }
    }

    private void carry(double[] from, double[] to) {
      for (int i = 0; i < read.length; i++) {
        to[i] += derivative.applyAsDouble(read[i]) * from[i];
      }
    }
  }

  /** Of {@code y = Σ factor · input}, the factors being the same for every element. */
  record Sum(int count, double... factors) implements Jacobian {
    @Override
    public void forEach(Visitor visitor) {
      for (int i = 0; i < count; i++) {
        for (int input = 0; input < factors.length; input++) {
          visitor.entry(i, input, i, factors[input]);
        }
      }
    }

    @Override
    public void pullBack(double[] upstream, double[] @Nullable [] gradients) {
      for (int input = 0; input < factors.length; input++) {
        if (gradients[input] != null) {
          addScaled(gradients[input], factors[input], upstream);
        }
      }
    }

    @Override
    public void pushForward(double[] @Nullable [] directions, double[] tangent) {
      for (int input = 0; input < factors.length; input++) {
        if (directions[input] != null) {
          addScaled(tangent, factors[input], directions[input]);
        }
      }
    }
  }

  /** Of {@code y = a · b}. */
  record Product(double[] a, double[] b) implements Jacobian {
    @Override
    public void forEach(Visitor visitor) {
      for (int i = 0; i < a.length; i++) {
        visitor.entry(i, 0, i, b[i]);
        visitor.entry(i, 1, i, a[i]);
      }
    }

    @Override
    public void pullBack(double[] upstream, double[] @Nullable [] gradients) {
      addProduct(gradients[0], b, upstream);
      addProduct(gradients[1], a, upstream);
    }

    @Override
    public void pushForward(double[] @Nullable [] directions, double[] tangent) {
      addProduct(tangent, b, directions[0]);
      addProduct(tangent, a, directions[1]);
    }

    @Override
    public Reads reads() {
      return Reads.EACH_OTHER;
    }
  }

  /** {@code y += factor · x}. */
  static void addScaled(double[] y, double factor, double[] x) {
    for (int i = 0; i < x.length; i++) {
      y[i] += factor * x[i];
    }
  }

  /** {@code y += a · b}, unless one of them is not there. */
  private static void addProduct(double @Nullable [] y, double[] a, double @Nullable [] b) {
    if (y == null || b == null) {
      return;
    }
    for (int i = 0; i < a.length; i++) {
      y[i] += a[i] * b[i];
    }
  }
}
