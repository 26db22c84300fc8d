package dev.lockstep.nn;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.BiasGradient;
import dev.lockstep.ops.MatrixEngine;
import dev.lockstep.ops.WeightParts;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Plans the activations of a model for one number of rows. Layers ask while they are made:
 *
 * <ul>
 *   <li>{@link #output} for what the next layer reads;
 *   <li>{@link #saved} for what only the layer's own backward pass reads again: memory of its own
 *       in training, shared with other layers otherwise;
 *   <li>{@link #scratch} for what is forgotten when the layer's method returns: always shared.
 * </ul>
 */
public final class ActivationPlan {
  private final TensorArena arena;
  private final DType dtype;
  private final long rows;
  private final ModelUse use;
  private final MatrixEngine engine;
  private final Map<String, Tensor> shared = new HashMap<>();

  /**
   * @param dtype the type kernels compute with
   * @param rows rows of every activation
   * @param use whether backward passes will follow, and what is kept for them
   * @param engine who multiplies; the vendor's library needs no memory of ours to sum in
   */
  public ActivationPlan(
      TensorArena arena, DType dtype, long rows, ModelUse use, MatrixEngine engine) {
    this.arena = arena;
    this.dtype = dtype;
    this.rows = rows;
    this.use = use;
    this.engine = engine;
  }

  /** A plan for our own kernels. */
  public ActivationPlan(TensorArena arena, DType dtype, long rows, ModelUse use) {
    this(arena, dtype, rows, use, MatrixEngine.OWN);
  }

  /** Whether backward passes will follow. */
  public boolean training() {
    return use.training();
  }

  /** Whether they compute once more what {@link #recomputed} does not keep. */
  public boolean recomputing() {
    return use == ModelUse.RECOMPUTING;
  }

  /** Rows of every activation. */
  public long rows() {
    return rows;
  }

  /** The type kernels compute with. */
  public DType dtype() {
    return dtype;
  }

  /** {@code [rows, cols]}. */
  public Shape shape(long cols) {
    return Shape.of(rows, cols);
  }

  /** {@code [rows, cols]} of a layer's own. */
  public Tensor output(long cols) {
    return arena.tensor(dtype, Shape.of(rows, cols));
  }

  /** {@code [rows, cols]} that keeps its content until the backward pass, if there is one. */
  public Tensor saved(String name, long cols) {
    return training() ? output(cols) : scratch(name, cols);
  }

  /** {@link #saved}, unless the backward pass is to compute it once more. */
  public Tensor recomputed(String name, long cols) {
    return recomputing() ? scratch(name, cols) : saved(name, cols);
  }

  /** One f32 for each row that keeps its value until the backward pass, if there is one. */
  public Tensor savedStatistic(String name) {
    return training() ? statistic() : workspace(name, Shape.of(rows));
  }

  /** One f32 for each row. */
  public Tensor statistic() {
    return arena.tensor(DType.F32, Shape.of(rows));
  }

  /** {@code [rows, cols]}, the same memory for everyone who asks for that name and width. */
  public Tensor scratch(String name, long cols) {
    return shared(name, dtype, Shape.of(rows, cols));
  }

  /** An f32 tensor, the same memory for everyone who asks for that name and shape. */
  public Tensor workspace(String name, Shape shape) {
    return shared(name, DType.F32, shape);
  }

  /**
   * Where the gradient of a bias goes from a matrix product whose rows are the plan's.
   *
   * @param depth how many products are added up
   */
  @Nullable BiasGradient biasGradient(Linear layer, String name, long depth) {
    Tensor dBias = layer.biasGradient();
    if (dBias == null || !training()) {
      return null;
    }
    return engine == MatrixEngine.LIBRARY
        ? new BiasGradient(dBias, null)
        : new BiasGradient(
            dBias,
            workspace(name, BiasGradient.workspaceShape(dtype, rows, layer.outWidth(), depth)));
  }

  /**
   * Where a layer sums the gradient of its weight in parts; null where it needs no such place.
   *
   * @param inputs the width of what goes into the layer
   */
  @Nullable Tensor weightParts(long outputs, long inputs) {
    long bytes = WeightParts.workspaceBytes(dtype, outputs, inputs, rows);
    return bytes == 0 || !training() || engine == MatrixEngine.LIBRARY
        ? null
        : workspace("weight.parts", Shape.of(bytes / DType.F32.byteSize()));
  }

  /** Any tensor of a layer's own. */
  public Tensor tensor(DType type, Shape shape) {
    return arena.tensor(type, shape);
  }

  private Tensor shared(String name, DType type, Shape shape) {
    return shared.computeIfAbsent(name + shape, key -> arena.tensor(type, shape));
  }
}
