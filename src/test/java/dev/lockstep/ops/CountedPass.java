package dev.lockstep.ops;

import dev.lockstep.device.Counts;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.List;

/** A pass of a linear layer, counted. Operands are zero, which changes no count. */
enum CountedPass {
  FORWARD,
  INPUT,
  WEIGHT;

  /** What it takes to compute {@code rows} by {@code cols} sums of {@code depth} products. */
  Counts count(OpBench bench, FusedLinear linear, DType dtype, int rows, int cols, int depth) {
    try (TensorArena memory = new TensorArena()) {
      Tensor result = memory.tensor(this == WEIGHT ? DType.F32 : dtype, Shape.of(rows, cols));
      Tensor left =
          memory.tensor(dtype, this == WEIGHT ? Shape.of(depth, rows) : Shape.of(rows, depth));
      Tensor right =
          memory.tensor(dtype, this == FORWARD ? Shape.of(cols, depth) : Shape.of(depth, cols));
      memory.allocate(bench.device);
      List.of(result, left, right).forEach(tensor -> tensor.zero(bench.stream));
      bench.stream.synchronize();
      KernelCounters counters = bench.device.capability(KernelCounters.class).orElseThrow();
      counters.start();
      switch (this) {
        case FORWARD ->
            linear.forward(bench.stream, result, null, left, right, null, null, Activation.NONE);
        case INPUT -> linear.backwardInput(bench.stream, result, left, right);
        case WEIGHT -> linear.backwardWeight(bench.stream, result, left, right);
      }
      bench.stream.synchronize();
      return counters.stop().getFirst().totals();
    }
  }
}
