package dev.lockstep.reference;

import java.util.Arrays;
import java.util.List;

/**
 * Rearrangements: every element of the result is one of an input's. A library would not copy for
 * most of them, so what the backward sweep keeps of a view counts as kept of its input.
 */
public final class Views {
  private Views() {}

  /** The same elements in another shape. */
  public static Variable reshape(Variable x, int... shape) {
    return x.tape().record(x.values(), shape, new Elementwise.Sum(x.count(), 1), x).viewing(x);
  }

  /** {@code y[j,i] = x[i,j]}. */
  public static Variable transpose(Variable x) {
    int rows = x.rows();
    int columns = x.columns();
    int[] index = new int[x.count()];
    for (int o = 0, j = 0; j < columns; j++) {
      for (int i = 0; i < rows; i++) {
        index[o++] = i * columns + j;
      }
    }
    return view(x, index, columns, rows);
  }

  /** Rows {@code from} up to but not including {@code to} of {@code [rows, columns]}. */
  public static Variable rows(Variable x, int from, int to) {
    requireRange("rows", from, to, x.rows());
    int columns = x.columns();
    int[] index = new int[(to - from) * columns];
    Arrays.setAll(index, o -> from * columns + o);
    return view(x, index, to - from, columns);
  }

  /** Columns {@code from} up to but not including {@code to} of {@code [rows, columns]}. */
  public static Variable columns(Variable x, int from, int to) {
    requireRange("columns", from, to, x.columns());
    int[] index = new int[x.rows() * (to - from)];
    for (int o = 0, r = 0; r < x.rows(); r++) {
      for (int c = from; c < to; c++) {
        index[o++] = r * x.columns() + c;
      }
    }
    return view(x, index, x.rows(), to - from);
  }

  /** Matrices of the same number of columns, one below the other. */
  public static Variable below(Variable... parts) {
    int columns = parts[0].columns();
    int rows = 0;
    for (Variable part : parts) {
      requireCommon("below", "columns", columns, part.columns());
      rows += part.rows();
    }
    int[] places = new int[rows * columns];
    Arrays.setAll(places, o -> o);
    return joined(parts, places, rows, columns);
  }

  /** Matrices of the same number of rows, side by side. */
  public static Variable beside(Variable... parts) {
    int rows = parts[0].rows();
    int columns = 0;
    for (Variable part : parts) {
      requireCommon("beside", "rows", rows, part.rows());
      columns += part.columns();
    }
    int[] places = new int[rows * columns];
    int at = 0;
    int first = 0;
    for (Variable part : parts) {
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < part.columns(); c++) {
          places[at++] = r * columns + first + c;
        }
      }
      first += part.columns();
    }
    return joined(parts, places, rows, columns);
  }

  /** Puts the elements of all parts, one after another, at their places. */
  private static Variable joined(Variable[] parts, int[] places, int rows, int columns) {
    List<Variable> inputs = List.of(parts);
    double[] y = new double[places.length];
    int at = 0;
    for (Variable part : inputs) {
      for (double value : part.values()) {
        y[places[at++]] = value;
      }
    }
    return parts[0]
        .tape()
        .record(
            y,
            new int[] {rows, columns},
            visitor -> {
              int o = 0;
              for (int input = 0; input < inputs.size(); input++) {
                for (int in = 0; in < inputs.get(input).count(); in++) {
                  visitor.entry(places[o++], input, in, 1);
                }
              }
            },
            parts);
  }

  /** Repeats a vector of as many elements as {@code like} has columns down its rows. */
  public static Variable acrossRows(Variable vector, Variable like) {
    int columns = like.columns();
    requireCount(vector, columns, "columns");
    int[] index = new int[like.count()];
    for (int o = 0; o < index.length; ) {
      for (int c = 0; c < columns; c++) {
        index[o++] = c;
      }
    }
    return view(vector, index, like.shape());
  }

  /** Repeats each element of a vector of one value per row of {@code like} along that row. */
  public static Variable acrossColumns(Variable vector, Variable like) {
    requireCount(vector, like.rows(), "rows");
    int[] index = new int[like.count()];
    for (int r = 0, columns = like.columns(); r < like.rows(); r++) {
      Arrays.fill(index, r * columns, (r + 1) * columns, r);
    }
    return view(vector, index, like.shape());
  }

  /**
   * Repeats each element of a vector of one value per channel of {@code like} {@code [n, c, …]}.
   */
  public static Variable acrossChannels(Variable vector, Variable like) {
    int[] shape = like.shape();
    requireCount(vector, shape[1], "channels");
    int inner = like.count() / (shape[0] * shape[1]);
    int[] index = new int[like.count()];
    Arrays.setAll(index, o -> o / inner % shape[1]);
    return view(vector, index, shape);
  }

  /** {@code [n, c, …]} as {@code [c, n · …]}: a row for each channel. */
  static Variable channelsFirst(Variable x) {
    int[] shape = x.shape();
    int inner = x.count() / (shape[0] * shape[1]);
    int[] index = new int[x.count()];
    for (int o = 0, c = 0; c < shape[1]; c++) {
      for (int n = 0; n < shape[0]; n++) {
        for (int i = 0; i < inner; i++) {
          index[o++] = (n * shape[1] + c) * inner + i;
        }
      }
    }
    return view(x, index, shape[1], shape[0] * inner);
  }

  /** Back from {@link #channelsFirst} to the shape of {@code like}. */
  static Variable channelsBack(Variable rows, Variable like) {
    int[] shape = like.shape();
    int inner = like.count() / (shape[0] * shape[1]);
    int[] index = new int[like.count()];
    for (int o = 0, n = 0; n < shape[0]; n++) {
      for (int c = 0; c < shape[1]; c++) {
        for (int i = 0; i < inner; i++) {
          index[o++] = (c * shape[0] + n) * inner + i;
        }
      }
    }
    return view(rows, index, shape);
  }

  /** Repeats a scalar over the shape of {@code like}. */
  public static Variable everywhere(Variable scalar, Variable like) {
    requireCount(scalar, 1, "scalars");
    return view(scalar, new int[like.count()], like.shape());
  }

  private static Variable view(Variable x, int[] index, int... shape) {
    return Primitives.gather(x, index, shape).viewing(x);
  }

  private static void requireCount(Variable x, int count, String what) {
    if (x.count() != count) {
      throw new IllegalArgumentException(
          "%d elements do not spread over %d %s".formatted(x.count(), count, what));
    }
  }

  private static void requireRange(String what, int from, int to, int of) {
    if (from < 0 || to > of || from >= to) {
      throw new IllegalArgumentException(
          "%s %d to %d must be some of 0 to %d".formatted(what, from, to, of));
    }
  }

  private static void requireCommon(String how, String what, int first, int other) {
    if (first != other) {
      throw new IllegalArgumentException(
          "%s: %d %s and %d must be as many".formatted(how, first, what, other));
    }
  }
}
