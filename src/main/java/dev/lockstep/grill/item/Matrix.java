package dev.lockstep.grill.item;

/**
 * Numbers in rows and columns.
 *
 * @param values row by row, not copied
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Matrix(int rows, int columns, double[] values) {
  /** One number. */
  public static Matrix of(double value) {
    return new Matrix(1, 1, new double[] {value});
  }

  /** The element at a place. */
  public double at(int row, int column) {
    return values[row * columns + column];
  }

  /** The only element of a matrix of one. */
  public double number() {
    return values[0];
  }

  /** Root of the sum of squares. */
  double norm() {
    return distance(new Matrix(rows, columns, new double[values.length]));
  }

  /** Norm of the difference to a matrix of the same shape. */
  double distance(Matrix other) {
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += (values[i] - other.values[i]) * (values[i] - other.values[i]);
    }
    return Math.sqrt(sum);
  }
}
