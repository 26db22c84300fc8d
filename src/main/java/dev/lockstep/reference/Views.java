package dev.lockstep.reference;

import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** The rearrangements that {@link Primitives#gather} does, by the names people know them by. */
final class Views {
  private Views() {}

  /** The same elements in another shape. */
  static Variable reshape(Variable x, int... shape) {
    return Primitives.gather(x, IntStream.range(0, x.count()).toArray(), shape);
  }

  /** {@code y[j,i] = x[i,j]}. */
  static Variable transpose(Variable x) {
    int rows = x.rows();
    int columns = x.columns();
    int[] index = IntStream.range(0, x.count()).map(o -> o % rows * columns + o / rows).toArray();
    return Primitives.gather(x, index, columns, rows);
  }

  /** Repeats a vector of as many elements as {@code like} has columns down its rows. */
  static Variable acrossRows(Variable vector, Variable like) {
    requireCount(vector, like.columns(), "columns");
    return broadcast(vector, like, o -> o % like.columns());
  }

  /** Repeats each element of a vector of one value per row of {@code like} along that row. */
  static Variable acrossColumns(Variable vector, Variable like) {
    requireCount(vector, like.rows(), "rows");
    return broadcast(vector, like, o -> o / like.columns());
  }

  /** Repeats a scalar over the shape of {@code like}. */
  static Variable everywhere(Variable scalar, Variable like) {
    requireCount(scalar, 1, "scalars");
    return broadcast(scalar, like, o -> 0);
  }

  private static Variable broadcast(Variable x, Variable like, IntUnaryOperator from) {
    return Primitives.gather(x, IntStream.range(0, like.count()).map(from).toArray(), like.shape());
  }

  private static void requireCount(Variable x, int count, String what) {
    if (x.count() != count) {
      throw new IllegalArgumentException(
          "%d elements do not spread over %d %s".formatted(x.count(), count, what));
    }
  }
}
