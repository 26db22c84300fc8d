package dev.lockstep.profile.bench;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.AdamKernel;
import dev.lockstep.ops.AdamKernel.Decay;
import dev.lockstep.ops.GlobalNorm;
import dev.lockstep.ops.GradientClipping;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.ParameterTable;
import dev.lockstep.ops.SgdKernel;
import dev.lockstep.ops.StepState;
import dev.lockstep.ops.TensorTable;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.LongStream;

/**
 * The optimizers' kernels over many tensors: rows are tensors, columns the elements of each.
 * Weights and moments are f32; the storage type is that of the compute copy, or of the gradients
 * whose norm is taken.
 */
final class OptimizerCases {
  private static final double LIMIT = 1.02;
  private static final long TENSORS = 64;
  private static final long ELEMENTS = 1_000_000;

  private static final float WEIGHT_DECAY = 0.1f;
  private static final String STEP = "step";

  /** Weights and moments are read and written, the gradient read; the copy comes on top. */
  private static final int ADAM_BYTES = 28;

  private static final int MOMENTUM_BYTES = 20;
  private static final int SGD_BYTES = 12;

  private OptimizerCases() {}

  static void add(List<BenchCase> cases, DType dtype, Sizes sizes) {
    for (Shape shape : sizes.or(TENSORS, ELEMENTS)) {
      int size = dtype.byteSize();
      cases.add(row("gradient_norm", "norm", dtype, shape, size, norm(dtype, shape)));
      cases.add(row("clip_gradients", "in place", dtype, shape, 2 * size, clip(dtype, shape)));
      int copy = dtype == DType.F32 ? 0 : size;
      cases.add(
          row("adamw", STEP, dtype, shape, ADAM_BYTES + copy, adam(Decay.DECOUPLED, dtype, shape)));
      cases.add(row("adam", STEP, dtype, shape, ADAM_BYTES + copy, adam(Decay.L2, dtype, shape)));
      cases.add(row("sgd", STEP, dtype, shape, SGD_BYTES + copy, sgd(0, dtype, shape)));
      cases.add(
          row("sgd_momentum", STEP, dtype, shape, MOMENTUM_BYTES + copy, sgd(0.9f, dtype, shape)));
    }
  }

  private static BenchCase row(
      String kernel,
      String pass,
      DType dtype,
      Shape shape,
      int bytesPerElement,
      BenchCase.Plan plan) {
    return new BenchCase(
        "optimizer",
        kernel,
        pass,
        dtype,
        shape,
        bytesPerElement * shape.count(),
        Limits.aligned(LIMIT, dtype, shape),
        plan);
  }

  private static BenchCase.Plan norm(DType dtype, Shape shape) {
    return (library, memory) -> {
      GlobalNorm op = new GlobalNorm(library);
      List<Tensor> gradients = tensors(shape, cols -> memory.normal(dtype, cols));
      TensorTable table = table(memory, gradients);
      Tensor workspace = memory.zeros(DType.F64, GlobalNorm.workspaceShape(gradients).extents());
      StepState state = state(library, memory);
      GlobalNorm.Options options = GlobalNorm.Options.clipTo(1);
      return stream -> op.compute(stream, state, table, workspace, options);
    };
  }

  private static BenchCase.Plan clip(DType dtype, Shape shape) {
    return (library, memory) -> {
      GradientClipping op = new GradientClipping(library);
      List<Tensor> gradients = tensors(shape, cols -> memory.normal(dtype, cols));
      TensorTable table = table(memory, gradients);
      StepState state = state(library, memory);
      return stream -> op.byNormAndValue(stream, table, state, 1);
    };
  }

  private static BenchCase.Plan adam(Decay decay, DType dtype, Shape shape) {
    return (library, memory) -> {
      AdamKernel op = new AdamKernel(library);
      AdamKernel.Settings settings = new AdamKernel.Settings(0.9f, 0.95f, 1e-8f, decay);
      ParameterTable parameters = parameters(memory, dtype, shape, 2);
      StepState state = state(library, memory);
      return stream -> op.step(stream, parameters, settings, state);
    };
  }

  private static BenchCase.Plan sgd(float momentum, DType dtype, Shape shape) {
    return (library, memory) -> {
      SgdKernel op = new SgdKernel(library);
      SgdKernel.Settings settings = new SgdKernel.Settings(momentum, 0, false);
      ParameterTable parameters = parameters(memory, dtype, shape, settings.moments());
      StepState state = state(library, memory);
      return stream -> op.step(stream, parameters, settings, state);
    };
  }

  private static StepState state(KernelLibrary library, CaseMemory memory) {
    Tensor storage = memory.zeros(StepState.DTYPE, StepState.SHAPE.extents());
    StepState state = new StepState(library, storage);
    state.reset(memory.stream());
    state.setLearningRate(memory.stream(), 1e-3f);
    return state;
  }

  private static TensorTable table(CaseMemory memory, List<Tensor> tensors) {
    Tensor storage = memory.zeros(DType.I32, TensorTable.storageShape(tensors).extents());
    return new TensorTable(memory.stream(), storage, tensors);
  }

  private static ParameterTable parameters(
      CaseMemory memory, DType copyType, Shape shape, int moments) {
    List<ParameterTable.Entry> entries = new ArrayList<>();
    for (long i = 0; i < shape.rows(); i++) {
      Tensor master = memory.normal(DType.F32, shape.cols());
      Tensor gradient = memory.normal(DType.F32, shape.cols());
      Tensor copy = copyType == DType.F32 ? null : memory.zeros(copyType, shape.cols());
      List<Tensor> kept = new ArrayList<>();
      for (int moment = 0; moment < moments; moment++) {
        kept.add(memory.zeros(DType.F32, shape.cols()));
      }
      entries.add(new ParameterTable.Entry(master, gradient, copy, kept, WEIGHT_DECAY));
    }
    Tensor storage = memory.zeros(DType.I32, ParameterTable.storageShape(entries).extents());
    return new ParameterTable(memory.stream(), storage, entries);
  }

  private static List<Tensor> tensors(Shape shape, LongFunction<Tensor> make) {
    return LongStream.range(0, shape.rows()).mapToObj(i -> make.apply(shape.cols())).toList();
  }
}
