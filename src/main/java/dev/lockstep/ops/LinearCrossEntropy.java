package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.SoftmaxCrossEntropy.Options;
import dev.lockstep.ops.SoftmaxCrossEntropy.Outputs;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Cross-entropy of softmax(x · weightᵀ + bias) without ever having all logits: chunk by chunk of
 * rows they are computed, replaced by their gradient, and multiplied into the gradients of x and
 * the weight, in a workspace for one chunk ({@link LogitChunks}). The idea is that of <a
 * href="https://arxiv.org/abs/2410.10989">Liger Kernel</a> (section 3.2); here the weight's
 * gradient is summed in f32 and nothing is averaged chunk by chunk.
 *
 * <p>Options, outputs and factors of the gradient mean what they mean to {@link
 * SoftmaxCrossEntropy}, whose {@code scale}, {@code reduce} and {@code accuracy} belong before and
 * behind a call, over the whole batch: a mean is over all its rows that count.
 *
 * <p>A row's loss, statistics and gradient of x have the same bits however the batch is cut, and
 * those of the separate kernels. The gradients of weight and bias add up chunk after chunk, so
 * their last bits depend on the size of chunks, and on nothing else; in a single chunk they too are
 * those of the separate kernels.
 */
public final class LinearCrossEntropy {
  private static final String NAME = "linear_cross_entropy";

  private final FusedLinear linear;
  private final SoftmaxCrossEntropy crossEntropy;
  private final Operands operands = new Operands();

  /** Made of these two ops, which stay the caller's. */
  public LinearCrossEntropy(FusedLinear linear, SoftmaxCrossEntropy crossEntropy) {
    this.linear = linear;
    this.crossEntropy = crossEntropy;
  }

  /**
   * What goes in.
   *
   * @param x [M, K], f32, f16 or bf16
   * @param weight [V, K], like x
   * @param bias [V], like x
   * @param targets [M], I32
   * @param classWeights [classes], f32: factor of what each class has in a loss
   */
  public record Inputs(
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      Tensor targets,
      @Nullable Tensor classWeights) {}

  /**
   * Where gradients go, null for what is not wanted, and their factors.
   *
   * @param dX [M, K], overwritten
   * @param dWeight [V, K], f32, accumulated into
   * @param dBias [V], f32, accumulated into
   * @param gradScale f32 scalar on the device
   * @param rowGrad [M], f32
   */
  public record Gradients(
      @Nullable Tensor dX,
      @Nullable Tensor dWeight,
      @Nullable Tensor dBias,
      Tensor gradScale,
      @Nullable Tensor rowGrad) {}

  /**
   * Losses, and statistics where they are asked for, of every row. A target that is neither a class
   * nor the ignored index makes the row's loss NaN and is reported in {@code status}.
   *
   * @param outputs all but the gradient of the logits
   * @param chunks of these rows, this vocabulary and type
   * @param workspace of {@link LogitChunks#workspaceShape} or larger, of x's type, at a 16-byte
   *     boundary
   */
  public void forward(
      Stream stream,
      Outputs outputs,
      Inputs inputs,
      Options options,
      LogitChunks chunks,
      Tensor workspace,
      StatusWord status) {
    run(stream, outputs, null, inputs, options, chunks, workspace, status);
  }

  /**
   * {@link #forward}, with gradients. Those of a row with a bad target are NaN.
   *
   * @param outputs all but the gradient of the logits
   * @param chunks of these rows, this vocabulary and type
   * @param workspace of {@link LogitChunks#workspaceShape} or larger, of x's type, at a 16-byte
   *     boundary
   */
  public void fused(
      Stream stream,
      Outputs outputs,
      Gradients gradients,
      Inputs inputs,
      Options options,
      LogitChunks chunks,
      Tensor workspace,
      StatusWord status) {
    run(stream, outputs, gradients, inputs, options, chunks, workspace, status);
  }

  private void run(
      Stream stream,
      Outputs outputs,
      @Nullable Gradients gradients,
      Inputs inputs,
      Options options,
      LogitChunks chunks,
      Tensor workspace,
      StatusWord status) {
    check(outputs, gradients, inputs, options, chunks, workspace, status);
    Tensor x = byRow(inputs.x());
    Tensor sums = partsOf(workspace, chunks);
    for (long first = 0; first < chunks.rows(); first += chunks.chunkRows()) {
      Part part = new Part(first, chunks.rowsFrom(first));
      Tensor someX = part.of(x);
      Tensor logits = chunkOf(workspace, part.rows(), chunks.vocabulary());
      linear.forward(
          stream, logits, null, someX, inputs.weight(), inputs.bias(), null, Activation.NONE);
      crossEntropy.fused(
          stream,
          part.of(outputs, gradients == null ? null : logits),
          logits,
          part.of(inputs.targets().flatten()),
          inputs.classWeights(),
          gradients == null ? null : gradients.gradScale(),
          gradients == null ? null : part.ofOptional(gradients.rowGrad()),
          options,
          status,
          first);
      if (gradients != null) {
        backward(stream, gradients, part, logits, someX, inputs.weight(), sums);
      }
    }
  }

  private void backward(
      Stream stream,
      Gradients gradients,
      Part part,
      Tensor dLogits,
      Tensor x,
      Tensor weight,
      @Nullable Tensor sums) {
    Tensor dX = gradients.dX();
    Tensor dWeight = gradients.dWeight();
    Tensor dBias = gradients.dBias();
    if (dWeight != null && sums != null) {
      linear.backwardWeight(stream, dWeight, dLogits, x, sums);
    } else if (dWeight != null) {
      linear.backwardWeight(stream, dWeight, dLogits, x);
    }
    if (dBias != null) {
      linear.backwardBias(stream, dBias, dLogits);
    }
    if (dX != null) {
      linear.backwardInput(stream, part.of(byRow(dX)), dLogits, weight);
    }
  }

  /** Some rows of the batch. */
  private record Part(long first, long rows) {
    Tensor of(Tensor tensor) {
      return tensor.slice(first, rows);
    }

    @Nullable Tensor ofOptional(@Nullable Tensor tensor) {
      return tensor == null ? null : of(tensor.flatten());
    }

    Outputs of(Outputs outputs, @Nullable Tensor dLogits) {
      return new Outputs(
          of(outputs.losses().flatten()),
          dLogits,
          ofOptional(outputs.logSumExp()),
          ofOptional(outputs.predictions()),
          ofOptional(outputs.entropies()));
    }
  }

  private static Tensor byRow(Tensor tensor) {
    return tensor.reshape(Shape.of(tensor.shape().rows(), tensor.shape().cols()));
  }

  private static Tensor chunkOf(Tensor workspace, long rows, long vocabulary) {
    return workspace.flatten().slice(0, rows * vocabulary).reshape(Shape.of(rows, vocabulary));
  }

  /** Where the parts of the weight's gradient go; null where a chunk's is summed as a whole. */
  private static @Nullable Tensor partsOf(Tensor workspace, LogitChunks chunks) {
    long bytes = chunks.partBytes();
    if (bytes == 0) {
      return null;
    }
    long size = chunks.dtype().byteSize();
    return workspace
        .flatten()
        .slice(chunks.partsAt() / size, bytes / size)
        .reinterpret(DType.F32, Shape.of(bytes / DType.F32.byteSize()));
  }

  /** Everything, so that nothing is launched when a later launch would be refused. */
  private void check(
      Outputs outputs,
      @Nullable Gradients gradients,
      Inputs inputs,
      Options options,
      LogitChunks chunks,
      Tensor workspace,
      StatusWord status) {
    Tensor x = inputs.x();
    DType dtype = x.dtype();
    long m = x.shape().rows();
    long k = x.shape().cols();
    long v = inputs.weight().shape().rows();
    operands.begin(NAME + "_" + dtype.suffix());
    if (chunks.rows() != m || chunks.vocabulary() != v || chunks.dtype() != dtype) {
      throw operands.refuse(
          "chunks are of %d rows of %d logits in %s; %d rows of %d in %s are needed",
          chunks.rows(), chunks.vocabulary(), chunks.dtype().suffix(), m, v, dtype.suffix());
    }
    if (chunks.width() != 0 && chunks.width() != k) {
      throw operands.refuse("chunks are for an x of width %d; it has %d", chunks.width(), k);
    }
    if (outputs.dLogits() != null) {
      throw operands.refuse("dLogits are asked for, and never there as a whole");
    }
    if (v > CrossEntropyLaunch.MAX_COLS) {
      throw operands.refuse(
          "weight has %d rows; at most %d are supported", v, CrossEntropyLaunch.MAX_COLS);
    }
    if (options.classes() > v) {
      throw operands.refuse("classes is %d; weight has %d rows only", options.classes(), v);
    }
    long classes = options.classes() == Options.ALL_COLUMNS ? v : options.classes();
    operands
        .input("x", x, dtype, m, k)
        .input("weight", inputs.weight(), dtype, v, k)
        .optionalInput("bias", inputs.bias(), dtype, v)
        .input("targets", inputs.targets(), DType.I32, m)
        .optionalInput("classWeights", inputs.classWeights(), DType.F32, classes)
        .output("losses", outputs.losses(), DType.F32, m)
        .optionalOutput("logSumExp", outputs.logSumExp(), DType.F32, m)
        .optionalOutput("predictions", outputs.predictions(), DType.I32, m)
        .optionalOutput("entropies", outputs.entropies(), DType.F32, m);
    if (gradients != null) {
      operands
          .optionalOutput("dX", gradients.dX(), dtype, m, k)
          .optionalOutput("dWeight", gradients.dWeight(), DType.F32, v, k)
          .optionalOutput("dBias", gradients.dBias(), DType.F32, v)
          .input("gradScale", gradients.gradScale(), DType.F32, 1)
          .optionalInput("rowGrad", gradients.rowGrad(), DType.F32, m);
    }
    Shape needed = chunks.workspaceShape();
    if (workspace.count() < needed.count()) {
      throw operands.refuse(
          "workspace is %s, too small; %s%s is needed", workspace, dtype.suffix(), needed);
    }
    Tensor word = status.usedBy(NAME, classes);
    operands
        .output("workspace", workspace, dtype, workspace.count())
        .output("status", word, StatusWord.DTYPE, StatusWord.SHAPE.count())
        .checked();
  }
}
