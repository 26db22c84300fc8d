package dev.lockstep.profile.bench;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import java.util.OptionalDouble;

/** Where a limit on traffic holds. */
final class Limits {
  private Limits() {}

  /** Where every row begins at a sector, so that none belongs to two rows. */
  static OptionalDouble aligned(double limit, DType dtype, Shape shape) {
    boolean aligned = shape.cols() * dtype.byteSize() % Traffic.SECTOR == 0;
    return aligned ? OptionalDouble.of(limit) : OptionalDouble.empty();
  }

  /** {@link #aligned}, and with so many rows that what is read once per block does not show. */
  static OptionalDouble aligned(double limit, DType dtype, Shape shape, long rows) {
    return shape.rows() >= rows ? aligned(limit, dtype, shape) : OptionalDouble.empty();
  }
}
