package dev.lockstep.ops;

import dev.lockstep.device.Kernel;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.NormFormats.Kind;
import dev.lockstep.ops.NormFormats.Place;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What {@link LayerNorm} and {@link RmsNorm} share: everything but mean and bias. */
final class NormOp {
  private final String name;
  private final boolean layer;
  private final Map<Kind, LazyKernel> forward = new EnumMap<>(Kind.class);
  private final Map<Kind, LazyKernel> backward = new EnumMap<>(Kind.class);
  private final LazyKernel partials;
  private final LazyKernel reduce;
  private final Operands operands = new Operands();
  private final Operands partialOperands = new Operands();
  private final Operands reduceOperands = new Operands();

  /**
   * @param name of the image, with which all its entries begin
   * @param layer whether there is a mean and may be a bias
   */
  NormOp(KernelLibrary library, String name, boolean layer) {
    this.name = name;
    this.layer = layer;
    for (Kind kind : Kind.values()) {
      forward.put(kind, new LazyKernel(library, name, name + "_forward_" + kind.suffix()));
      backward.put(kind, new LazyKernel(library, name, name + "_backward_" + kind.suffix()));
    }
    partials = new LazyKernel(library, name, name + "_backward_partials");
    reduce = new LazyKernel(library, name, name + "_backward_reduce");
  }

  Shape workspaceShape(long rows, long cols) {
    long blocks = NormBackwardLaunch.of(rows).blocks();
    return layer ? Shape.of(2, blocks, cols) : Shape.of(blocks, cols);
  }

  void forward(Stream stream, NormForward call) {
    long rows = call.x().rows();
    long cols = call.x().cols();
    NormFormats formats =
        new NormFormats(name + "_forward", cols)
            .add(Place.X, "x", call.x())
            .add(Place.ADDEND, "residual", call.residual())
            .add(Place.SUM, "sum", call.sum())
            .add(Place.OUT, "y", call.y())
            .add(Place.WEIGHT, "weight", call.weight())
            .add(Place.BIAS, "bias", call.bias());
    if (call.residual() != null && call.sum() == null) {
      formats.rounding(Place.SUM, call.residual().dtype());
    }
    Kind kind = formats.kind();
    operands.begin(kernel(forward, kind));
    if (call.sum() != null && call.residual() == null) {
      throw operands.refuse("sum without a residual would be a copy of x");
    }
    requireWeight(call.weight(), call.weightOffset());
    requireLayer("mean", call.mean());
    requireLayer("bias", call.bias());
    operands.replacing("y", call.y(), rows, cols).optionalReplacing("sum", call.sum(), rows, cols);
    if (layer) {
      operands.optionalOutput("mean", call.mean(), DType.F32, rows);
    }
    operands
        .optionalOutput("rstd", call.rstd(), DType.F32, rows)
        .replaceable("x", call.x(), rows, cols)
        .optionalReplaceable("residual", call.residual(), rows, cols)
        .optionalInput("weight", call.weight(), cols);
    if (layer) {
      operands.optionalInput("bias", call.bias(), cols);
    }
    operands
        .int64(rows)
        .int64(cols)
        .pitch(call.y())
        .pitch(call.sum())
        .pitch(call.x())
        .pitch(call.residual())
        .epsilon(call.eps())
        .float32(call.weightOffset())
        .int32(formats.word())
        .checked();
    int vectors = (call.weight() == null ? 0 : 1) + (call.bias() == null ? 0 : 1);
    Launch launch =
        kind == Kind.ANY
            ? AnyNormLaunch.of(rows, cols, formats.vectors()).launch()
            : RowGroupLaunch.of(cols, kind.lanes()).forward(rows, vectors);
    operands.launch(stream, launch);
  }

  void backward(Stream stream, NormBackward call) {
    long rows = call.x().rows();
    long cols = call.x().cols();
    NormBackwardLaunch share = NormBackwardLaunch.of(rows);
    boolean wanted = call.dWeight() != null || call.dBias() != null;
    NormFormats formats =
        new NormFormats(name + "_backward", cols)
            .add(Place.X, "x", call.x())
            .add(Place.ADDEND, "dSum", call.dSum())
            .add(Place.SUM, "dX", call.dX())
            .add(Place.OUT, "dY", call.dY())
            .add(Place.WEIGHT, "weight", call.weight());
    if (wanted) {
      formats.aligned(call.workspace());
    }
    Kind kind = formats.kind();
    operands.begin(kernel(backward, kind));
    requireWeight(call.weight(), call.weightOffset());
    requireLayer("mean", call.mean());
    requireLayer("dBias", call.dBias());
    if (layer && call.mean() == null) {
      throw operands.refuse("mean is missing; forward's f32[%d] is needed", rows);
    }
    Tensor workspace = operands.workspace(call.workspace(), workspaceShape(rows, cols), wanted);
    long partialRows = layer ? 2 * share.blocks() : share.blocks();
    operands.replacing("dX", call.dX(), rows, cols);
    if (kind != Kind.ANY) {
      operands.optionalOutput("workspace", workspace, DType.F32, partialRows, cols);
    }
    operands
        .replaceable("dY", call.dY(), rows, cols)
        .optionalReplaceable("dSum", call.dSum(), rows, cols)
        .replaceable("x", call.x(), rows, cols)
        .optionalInput("weight", call.weight(), cols);
    if (layer) {
      operands.optionalInput("mean", call.mean(), DType.F32, rows);
    }
    operands
        .input("rstd", call.rstd(), DType.F32, rows)
        .int64(rows)
        .int64(cols)
        .pitch(call.dX())
        .pitch(call.dY())
        .pitch(call.dSum())
        .pitch(call.x());
    if (kind != Kind.ANY) {
      operands.int64(share.rowsPerBlock());
    }
    operands.float32(call.weightOffset()).int32(formats.word()).checked();
    if (workspace != null) {
      prepareReduce(call, workspace, share);
      if (kind == Kind.ANY) {
        // Before dX overwrites what it may be written over.
        launchPartials(stream, call, workspace, share, formats);
      }
    }
    operands.launch(
        stream,
        kind == Kind.ANY
            ? AnyNormLaunch.of(rows, cols, formats.vectors()).launch()
            : RowGroupLaunch.of(cols, kind.lanes())
                .forRows(share.rowsPerBlock())
                .launch(share.blocks()));
    if (workspace != null) {
      reduceOperands.launch(stream, ColumnLaunch.of(cols).launch());
    }
  }

  private void prepareReduce(NormBackward call, Tensor workspace, NormBackwardLaunch share) {
    long cols = call.x().cols();
    reduceOperands.begin(reduce.get()).optionalOutput("dWeight", call.dWeight(), DType.F32, cols);
    if (layer) {
      reduceOperands.optionalOutput("dBias", call.dBias(), DType.F32, cols);
    }
    reduceOperands
        .input("workspace", workspace, DType.F32, workspace.shape().rows(), cols)
        .int64(share.blocks())
        .int64(cols)
        .int32(call.accumulate() ? 1 : 0)
        .checked();
  }

  private void launchPartials(
      Stream stream,
      NormBackward call,
      Tensor workspace,
      NormBackwardLaunch share,
      NormFormats formats) {
    long rows = call.x().rows();
    long cols = call.x().cols();
    partialOperands
        .begin(partials.get())
        .output("workspace", workspace, DType.F32, workspace.shape().rows(), cols)
        .replaceable("dY", call.dY(), rows, cols)
        .replaceable("x", call.x(), rows, cols);
    if (layer) {
      partialOperands.optionalInput("mean", call.mean(), DType.F32, rows);
    }
    partialOperands
        .input("rstd", call.rstd(), DType.F32, rows)
        .int64(rows)
        .int64(cols)
        .pitch(call.dY())
        .pitch(call.x())
        .int64(share.rowsPerBlock())
        .int32(formats.word())
        .checked()
        .launch(stream, AnyNormLaunch.partials(share.blocks(), cols, formats.vectors()));
  }

  private static Kernel kernel(Map<Kind, LazyKernel> kernels, Kind kind) {
    return Objects.requireNonNull(kernels.get(kind)).get();
  }

  private void requireWeight(@Nullable Tensor weight, float offset) {
    if (weight == null && offset != 0) {
      throw operands.refuse("a weight offset of %s needs a weight", offset);
    }
  }

  private void requireLayer(String argument, @Nullable Tensor tensor) {
    if (!layer && tensor != null) {
      throw operands.refuse("%s is %s; RMSNorm has none", argument, tensor);
    }
  }
}
