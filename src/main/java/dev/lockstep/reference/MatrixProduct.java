package dev.lockstep.reference;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The Jacobian of {@code y[i,j] = Σₖ a[i,k] b[k,j]}. Gradients are matrix products as well, {@code
 * aᵍ += yᵍ bᵀ} and {@code bᵍ += aᵀ yᵍ}, and add up in the order of the entries.
 */
record MatrixProduct(double[] a, double[] b, int m, int depth, int n) implements Jacobian {
  private static final int WIDE = 32;
  private static final int BLOCK = 8;

  @Override
  public void forEach(Visitor visitor) {
    for (int i = 0; i < m; i++) {
      for (int k = 0; k < depth; k++) {
        for (int j = 0; j < n; j++) {
          visitor.entry(i * n + j, 0, i * depth + k, b[k * n + j]);
          visitor.entry(i * n + j, 1, k * n + j, a[i * depth + k]);
        }
      }
    }
  }

  @Override
  public void pullBack(double[] upstream, double[] @Nullable [] gradients) {
    if (gradients[0] != null) {
      add(gradients[0], upstream, transposed(b, depth, n), m, n, depth);
    }
    if (gradients[1] != null) {
      add(gradients[1], transposed(a, m, depth), upstream, depth, m, n);
    }
  }

  @Override
  public void pushForward(double[] @Nullable [] directions, double[] tangent) {
    if (directions[0] != null) {
      add(tangent, directions[0], b, m, depth, n);
    }
    if (directions[1] != null) {
      add(tangent, a, directions[1], m, depth, n);
    }
  }

  @Override
  public Reads reads() {
    return Reads.EACH_OTHER;
  }

  @Override
  public long multiplies() {
    return (long) m * depth * n;
  }

  /**
   * {@code y += a b}, every element by rising k whichever way is taken. Wide rows go through loops
   * that a compiler makes vectors of, narrow ones through blocks that stay in registers.
   */
  static void add(double[] y, double[] a, double[] b, int m, int depth, int n) {
    if (n >= WIDE && m >= BLOCK) {
      addWide(y, a, b, m, depth, n);
      return;
    }
    int j = 0;
    for (; j + BLOCK <= n; j += BLOCK) {
      for (int i = 0; i < m; i++) {
        addBlock(y, i * n + j, a, i * depth, b, j, depth, n);
      }
    }
    for (; j < n; j++) {
      addColumn(y, a, b, j, m, depth, n);
    }
  }

  /** Four k at a time, which saves loads and stores of y; rows apart, which lets loops be plain. */
  private static void addWide(double[] y, double[] a, double[] b, int m, int depth, int n) {
    double[][] rows = new double[depth][];
    for (int k = 0; k < depth; k++) {
      rows[k] = Arrays.copyOfRange(b, k * n, (k + 1) * n);
    }
    double[] row = new double[n];
    for (int i = 0; i < m; i++) {
      System.arraycopy(y, i * n, row, 0, n);
      int at = i * depth;
      int k = 0;
      for (; k + 4 <= depth; k += 4, at += 4) {
        addFour(row, rows[k], rows[k + 1], rows[k + 2], rows[k + 3], a, at);
      }
      for (; k < depth; k++) {
        Elementwise.addScaled(row, a[at++], rows[k]);
      }
      System.arraycopy(row, 0, y, i * n, n);
    }
  }

  private static void addFour(
      double[] y, double[] b0, double[] b1, double[] b2, double[] b3, double[] a, int at) {
    double f0 = a[at];
    double f1 = a[at + 1];
    double f2 = a[at + 2];
    double f3 = a[at + 3];
    for (int j = 0; j < y.length; j++) {
      y[j] = y[j] + f0 * b0[j] + f1 * b1[j] + f2 * b2[j] + f3 * b3[j];
    }
  }

  /** Eight neighbours of one row. */
  private static void addBlock(
      double[] y, int to, double[] a, int row, double[] b, int column, int depth, int n) {
    double y0 = y[to];
    double y1 = y[to + 1];
    double y2 = y[to + 2];
    double y3 = y[to + 3];
    double y4 = y[to + 4];
    double y5 = y[to + 5];
    double y6 = y[to + 6];
    double y7 = y[to + 7];
    for (int k = 0, at = column; k < depth; k++, at += n) {
      double factor = a[row + k];
      y0 += factor * b[at];
      y1 += factor * b[at + 1];
      y2 += factor * b[at + 2];
      y3 += factor * b[at + 3];
      y4 += factor * b[at + 4];
      y5 += factor * b[at + 5];
      y6 += factor * b[at + 6];
      y7 += factor * b[at + 7];
    }
    y[to] = y0;
    y[to + 1] = y1;
    y[to + 2] = y2;
    y[to + 3] = y3;
    y[to + 4] = y4;
    y[to + 5] = y5;
    y[to + 6] = y6;
    y[to + 7] = y7;
  }

  /** Four neighbours of one column at a time. */
  private static void addColumn(
      double[] y, double[] a, double[] b, int j, int m, int depth, int n) {
    int i = 0;
    for (; i + 4 <= m; i += 4) {
      int to = i * n + j;
      double y0 = y[to];
      double y1 = y[to + n];
      double y2 = y[to + 2 * n];
      double y3 = y[to + 3 * n];
      for (int k = 0, at = i * depth; k < depth; k++, at++) {
        double factor = b[k * n + j];
        y0 += a[at] * factor;
        y1 += a[at + depth] * factor;
        y2 += a[at + 2 * depth] * factor;
        y3 += a[at + 3 * depth] * factor;
      }
      y[to] = y0;
      y[to + n] = y1;
      y[to + 2 * n] = y2;
      y[to + 3 * n] = y3;
    }
    for (; i < m; i++) {
      for (int k = 0; k < depth; k++) {
        y[i * n + j] += a[i * depth + k] * b[k * n + j];
      }
    }
  }

  private static double[] transposed(double[] x, int rows, int columns) {
    double[] y = new double[x.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        y[c * rows + r] = x[r * columns + c];
      }
    }
    return y;
  }
}
