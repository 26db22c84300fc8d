package dev.lockstep.profile.bench;

import dev.lockstep.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Extents to measure instead of each kernel's own.
 *
 * @param rows for all kernels; for the optimizers the number of tensors
 * @param cols for all kernels, one after another; for cross-entropy the vocabulary, for the
 *     optimizers the elements of a tensor; none takes the kernel's own
 */
public record Sizes(OptionalLong rows, List<Long> cols) {
  public Sizes {
    cols = List.copyOf(cols);
  }

  /** Every kernel's own. */
  public static Sizes defaults() {
    return new Sizes(OptionalLong.empty(), List.of());
  }

  /** Shapes for a kernel with these of its own. */
  List<Shape> or(long ownRows, long... ownCols) {
    List<Shape> shapes = new ArrayList<>();
    if (cols.isEmpty()) {
      for (long own : ownCols) {
        shapes.add(Shape.of(rows.orElse(ownRows), own));
      }
    }
    for (long given : cols) {
      shapes.add(Shape.of(rows.orElse(ownRows), given));
    }
    return shapes;
  }
}
