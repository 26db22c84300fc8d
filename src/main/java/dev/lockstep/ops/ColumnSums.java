package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** dBias += the sums of the columns of a matrix, in an order that depends on its shape alone. */
final class ColumnSums {
  private final KernelFamily kernels;
  private final Operands operands = new Operands();
  private @Nullable ColumnLaunch shape;
  private boolean empty;

  ColumnSums(KernelLibrary library) {
    kernels = new KernelFamily(library, "linear", "linear_backward_bias");
  }

  /** Checks the operands of the {@link #launch} that follows. */
  ColumnSums prepare(Tensor dBias, String name, Tensor matrix) {
    long rows = matrix.shape().rows();
    long cols = matrix.shape().cols();
    shape = ColumnLaunch.of(cols);
    empty = rows == 0 || cols == 0;
    operands
        .begin(kernels.of(matrix.dtype()))
        .possiblyEmpty()
        .output("dBias", dBias, DType.F32, cols)
        .input(name, matrix, matrix.dtype(), rows, cols)
        .int64(rows)
        .int64(cols)
        .checked();
    return this;
  }

  /** Launches what was prepared, if anything is to be added. */
  void launch(Stream stream) {
    ColumnLaunch prepared = Objects.requireNonNull(shape, "prepared before");
    if (!empty) {
      operands.launch(stream, prepared.launch());
    }
  }
}
