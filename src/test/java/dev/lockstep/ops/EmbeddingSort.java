package dev.lockstep.ops;

import dev.lockstep.device.Kernel;
import dev.lockstep.device.Launch;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import java.util.List;
import java.util.Objects;

/** The kernels that sort ids, by themselves, as the gradient of an embedding launches them. */
final class EmbeddingSort {
  private EmbeddingSort() {}

  /** Rows of ids below 1024 in the order of two digits of five bits. */
  static int[] order(OpBench ops, GuardedMemory memory, int[] ids, int padding, int keysPerBlock) {
    int rows = ids.length;
    Launch launch = Launch.of(Math.ceilDiv(rows, keysPerBlock), 256);
    Kernel count = ops.library.kernel("embedding", "embedding_sort_count");
    Kernel place = ops.library.kernel("embedding", "embedding_sort_place");
    Tensor counts = memory.scratch(DType.I32, launch.grid().x() * 256L);
    Tensor total = memory.words("total", 1);
    Tensor status = memory.words("status", 2);
    Tensor keys = memory.integers(ids);
    Tensor order = null;
    for (int digit = 0; digit < 2; digit++) {
      Tensor known = digit == 0 ? null : total;
      Operands counting =
          new Operands()
              .begin(count)
              .output("counts", counts, DType.I32, counts.count())
              .input("keys", keys, DType.I32, rows)
              .optionalInput("known", known, DType.I32, 1);
      Tensor sorted = memory.words("keys " + digit, rows);
      Tensor sortedOrder = memory.words("order " + digit, rows);
      Operands placing =
          new Operands()
              .begin(place)
              .output("sorted", sorted, DType.I32, rows)
              .output("order", sortedOrder, DType.I32, rows)
              .optionalOutput("total", digit == 0 ? total : null, DType.I32, 1)
              .input("counts", counts, DType.I32, counts.count())
              .input("keys", keys, DType.I32, rows)
              .optionalInput("values", order, DType.I32, rows)
              .optionalInput("known", known, DType.I32, 1);
      for (Operands operands : List.of(counting, placing)) {
        operands.int64(rows).int64(keysPerBlock).int32(5 * digit).int32(31).int64(1000);
        operands.int32(padding);
      }
      counting.output("status", status, DType.I32, 2).checked().launch(ops.stream, launch);
      placing.checked().launch(ops.stream, launch);
      keys = sorted;
      order = sortedOrder;
    }
    return Objects.requireNonNull(order).toInts(ops.stream);
  }
}
