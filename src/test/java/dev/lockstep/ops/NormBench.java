package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.GlobalNorm.Options;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Measures norms of lists of gradients on a device. */
record NormBench(OpBench ops) {
  /** What is measured of such gradients, in memory of their own. */
  StepState.Values measure(double lossScale, Options options, Gradient... gradients) {
    try (GuardedMemory memory = new GuardedMemory(ops.device, ops.stream, 0)) {
      List<Tensor> tensors = new ArrayList<>();
      for (Gradient g : gradients) {
        tensors.add(memory.input(g.dtype(), g.values(), g.values().length));
      }
      return measure(memory, lossScale, options, tensors);
    }
  }

  StepState.Values measure(
      GuardedMemory memory, double lossScale, Options options, List<Tensor> tensors) {
    StepState state = newState(memory);
    state.setLossScale(ops.stream, (float) lossScale);
    Tensor workspace = workspace(memory, tensors);
    ops.globalNorm.compute(ops.stream, state, table(memory, tensors), workspace, options);
    memory.finish();
    return state.read(ops.stream);
  }

  StepState newState(GuardedMemory memory) {
    StepState state =
        new StepState(ops.library, memory.words("state", (int) StepState.SHAPE.count()));
    state.reset(ops.stream);
    return state;
  }

  TensorTable table(GuardedMemory memory, List<Tensor> tensors) {
    Tensor storage = memory.scratch(DType.I32, TensorTable.storageShape(tensors).extents());
    return new TensorTable(ops.stream, storage, tensors);
  }

  static Tensor workspace(GuardedMemory memory, List<Tensor> tensors) {
    return memory.scratch(DType.F64, GlobalNorm.workspaceShape(tensors).extents());
  }
}
