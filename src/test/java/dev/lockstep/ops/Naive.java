package dev.lockstep.ops;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/** Textbook loops in double precision, for tests to compare with. Matrices are row-major. */
final class Naive {
  private Naive() {}

  /** a [m, k] times bᵀ, b [n, k]. */
  static double[] timesTransposed(double[] a, double[] b, int m, int n, int k) {
    return matrix(m, n, (row, col) -> sum(k, i -> a[row * k + i] * b[col * k + i]));
  }

  /** a [m, n] times b [n, k]. */
  static double[] times(double[] a, double[] b, int m, int n, int k) {
    return matrix(m, k, (row, col) -> sum(n, i -> a[row * n + i] * b[i * k + col]));
  }

  /** aᵀ times b, a [m, n], b [m, k]. */
  static double[] transposedTimes(double[] a, double[] b, int m, int n, int k) {
    return matrix(n, k, (row, col) -> sum(m, i -> a[i * n + row] * b[i * k + col]));
  }

  /** The sum over the rows of a [m, n]. */
  static double[] columnSums(double[] a, int m, int n) {
    return matrix(1, n, (row, col) -> sum(m, i -> a[i * n + col]));
  }

  /** Element by element. */
  static double[] plus(double[] a, double[] b) {
    double[] result = a.clone();
    Arrays.setAll(result, i -> a[i] + b[i]);
    return result;
  }

  /** Element by element. */
  static double[] times(double[] a, double[] b) {
    double[] result = a.clone();
    Arrays.setAll(result, i -> a[i] * b[i]);
    return result;
  }

  /** Adds one vector to each row. */
  static double[] plusRow(double[] a, double[] row) {
    double[] result = a.clone();
    Arrays.setAll(result, i -> a[i] + row[i % row.length]);
    return result;
  }

  static double sum(int count, IntToDoubleFunction term) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += term.applyAsDouble(i);
    }
    return sum;
  }

  private interface Entry {
    double at(int row, int col);
  }

  private static double[] matrix(int rows, int cols, Entry entry) {
    double[] result = new double[rows * cols];
    Arrays.setAll(result, i -> entry.at(i / cols, i % cols));
    return result;
  }
}
