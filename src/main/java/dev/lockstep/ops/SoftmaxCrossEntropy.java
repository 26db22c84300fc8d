package dev.lockstep.ops;

import dev.lockstep.device.Kernel;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Cross-entropy of softmax(logits), loss and gradient in one pass over the logits (f32, f16 or
 * bf16). Targets are I32, one for each row; losses and statistics are f32.
 *
 * <p>The gradient carries a factor the device knows: for a mean, {@link #scale} first divides the
 * upstream gradient by the number, or weight, of the targets that count; for a sum, pass the
 * upstream gradient itself; for losses kept apart, pass their gradients as {@code rowGrad} and a
 * scalar 1.
 *
 * <p>Weights and smoothing mean what PyTorch's {@code cross_entropy} means by them. There are
 * kernels for rows that start on 16 bytes and for others, if no more is asked for than loss,
 * gradient, lse and z-loss, and one for all options; which of them it is, may change the last bits.
 */
public final class SoftmaxCrossEntropy {
  private static final String IMAGE = "softmax_cross_entropy";

  /** The kernels load 16 bytes at a time. */
  private static final long VECTOR_BYTES = 16;

  private final KernelFamily fused;
  private final KernelFamily unaligned;
  private final KernelFamily general;
  private final LazyKernel scale;
  private final LazyKernel reduce;
  private final LazyKernel accuracy;
  private final int sharedBytes;
  private final Operands operands = new Operands();

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public SoftmaxCrossEntropy(KernelLibrary library) {
    fused = new KernelFamily(library, IMAGE, "softmax_cross_entropy_fused");
    unaligned = new KernelFamily(library, IMAGE, "softmax_cross_entropy_unaligned");
    general = new KernelFamily(library, IMAGE, "softmax_cross_entropy_general");
    scale = new LazyKernel(library, IMAGE, "softmax_cross_entropy_scale");
    reduce = new LazyKernel(library, IMAGE, "softmax_cross_entropy_reduce");
    accuracy = new LazyKernel(library, IMAGE, "softmax_cross_entropy_accuracy");
    sharedBytes = library.device().info().sharedBytesPerBlock();
  }

  /**
   * What loss is computed.
   *
   * @param ignoreIndex rows with this target have no loss and no gradient
   * @param labelSmoothing ε in [0, 1): the target distribution is (1−ε) at the target plus
   *     ε/classes everywhere
   * @param zLoss λ ≥ 0: λ · lse² is added to each loss, whatever its class weight, which holds the
   *     normaliser near 1
   * @param softCap c &gt; 0: logits become c · tanh(logit / c) first, but for −∞, which stays;
   *     infinity for no cap
   * @param classes how many columns, from the first, are classes; those after them pad the rows,
   *     have no probability, and get gradient 0. {@link #ALL_COLUMNS} for all
   */
  public record Options(
      int ignoreIndex, float labelSmoothing, float zLoss, float softCap, int classes) {
    /** PyTorch's. */
    public static final int DEFAULT_IGNORE_INDEX = -100;

    /** For {@link #classes}. */
    public static final int ALL_COLUMNS = 0;

    /**
     * Checks what is given.
     *
     * @throws IllegalArgumentException when a number is out of its range
     */
    public Options {
      if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
        throw new IllegalArgumentException(
            "labelSmoothing " + labelSmoothing + " must be at least 0 and below 1");
      }
      if (!(zLoss >= 0 && zLoss < Float.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("zLoss " + zLoss + " must be finite and at least 0");
      }
      if (!(softCap >= Float.MIN_NORMAL)) {
        throw new IllegalArgumentException(
            "softCap " + softCap + " must be positive; infinity is no cap");
      }
      if (classes < 0) {
        throw new IllegalArgumentException(
            "classes " + classes + " must be positive; 0 is every column");
      }
    }

    /** Plain cross-entropy over all columns; target −100 is ignored. */
    public static Options defaults() {
      return new Options(DEFAULT_IGNORE_INDEX, 0, 0, Float.POSITIVE_INFINITY, ALL_COLUMNS);
    }

    /** The same with another {@link #ignoreIndex()}. */
    public Options withIgnoreIndex(int index) {
      return new Options(index, labelSmoothing, zLoss, softCap, classes);
    }

    /** The same with another {@link #labelSmoothing()}. */
    public Options withLabelSmoothing(float epsilon) {
      return new Options(ignoreIndex, epsilon, zLoss, softCap, classes);
    }

    /** The same with another {@link #zLoss()}. */
    public Options withZLoss(float lambda) {
      return new Options(ignoreIndex, labelSmoothing, lambda, softCap, classes);
    }

    /** The same with another {@link #softCap()}. */
    public Options withSoftCap(float cap) {
      return new Options(ignoreIndex, labelSmoothing, zLoss, cap, classes);
    }

    /** The same with another {@link #classes()}. */
    public Options withClasses(int count) {
      return new Options(ignoreIndex, labelSmoothing, zLoss, softCap, count);
    }
  }

  /**
   * Where results go; null for what is not wanted. All are overwritten.
   *
   * @param losses [rows], f32, not scaled; 0 for ignored rows
   * @param dLogits [rows, cols]: gradScale · rowGrad · ∂loss/∂logits; may be logits itself
   * @param logSumExp [rows], f32: of every row, ignored ones too; likewise the following
   * @param predictions [rows], I32: the lowest column of the largest logit that is not NaN, −1 if
   *     there is none
   * @param entropies [rows], f32: −Σ p ln p
   */
  public record Outputs(
      Tensor losses,
      @Nullable Tensor dLogits,
      @Nullable Tensor logSumExp,
      @Nullable Tensor predictions,
      @Nullable Tensor entropies) {
    /** Losses alone. */
    public static Outputs of(Tensor losses) {
      return new Outputs(losses, null, null, null, null);
    }

    /** The same with {@link #dLogits()}, too. */
    public Outputs withGradient(@Nullable Tensor tensor) {
      return new Outputs(losses, tensor, logSumExp, predictions, entropies);
    }

    /** The same with {@link #logSumExp()}, too. */
    public Outputs withLogSumExp(Tensor tensor) {
      return new Outputs(losses, dLogits, tensor, predictions, entropies);
    }

    /** The same with {@link #predictions()}, too. */
    public Outputs withPredictions(Tensor tensor) {
      return new Outputs(losses, dLogits, logSumExp, tensor, entropies);
    }

    /** The same with {@link #entropies()}, too. */
    public Outputs withEntropies(Tensor tensor) {
      return new Outputs(losses, dLogits, logSumExp, predictions, tensor);
    }
  }

  /**
   * Loss, and gradient of the logits, of each row. A target that is neither a class nor the ignored
   * index makes the row's loss and gradient NaN and is reported in {@code status}.
   *
   * @param logits [rows, cols], at most 2³⁰ columns
   * @param targets [rows], I32
   * @param classWeights [classes], f32: factor of what each class has in a loss
   * @param gradScale f32 scalar on the device; needed when dLogits is asked for
   * @param rowGrad [rows], f32
   */
  public void fused(
      Stream stream,
      Outputs outputs,
      Tensor logits,
      Tensor targets,
      @Nullable Tensor classWeights,
      @Nullable Tensor gradScale,
      @Nullable Tensor rowGrad,
      Options options,
      StatusWord status) {
    fused(stream, outputs, logits, targets, classWeights, gradScale, rowGrad, options, status, 0);
  }

  /** The same of some rows of a batch, of which {@code firstRow} is the first: for reports. */
  void fused(
      Stream stream,
      Outputs outputs,
      Tensor logits,
      Tensor targets,
      @Nullable Tensor classWeights,
      @Nullable Tensor gradScale,
      @Nullable Tensor rowGrad,
      Options options,
      StatusWord status,
      long firstRow) {
    DType dtype = logits.dtype();
    long rows = logits.shape().rows();
    long pitch = logits.shape().cols();
    Tensor dLogits = outputs.dLogits();
    boolean plain = isPlain(outputs, classWeights, options);
    boolean inRegisters = plain && isAligned(logits) && isAligned(dLogits);
    Kernel kernel = (inRegisters ? fused : plain ? unaligned : general).of(dtype);
    operands.begin(kernel);
    if (pitch > CrossEntropyLaunch.MAX_COLS) {
      throw operands.refuse(
          "logits has %d columns; at most %d are supported", pitch, CrossEntropyLaunch.MAX_COLS);
    }
    if (options.classes() > pitch) {
      throw operands.refuse("classes is %d; logits has %d columns only", options.classes(), pitch);
    }
    if (dLogits != null && gradScale == null) {
      throw operands.refuse("gradScale is missing; dLogits is multiplied by it");
    }
    if (dLogits == null && rowGrad != null) {
      throw operands.refuse("rowGrad is given without dLogits, which it would multiply");
    }
    int classes = options.classes() == Options.ALL_COLUMNS ? (int) pitch : options.classes();
    CrossEntropyLaunch launch =
        inRegisters
            ? CrossEntropyLaunch.inRegisters(rows, classes, dtype, dLogits != null, sharedBytes)
            : CrossEntropyLaunch.inSharedMemory(rows, classes, dtype, dLogits != null, sharedBytes);

    operands
        .output("losses", outputs.losses(), DType.F32, rows)
        .optionalReplacing("dLogits", dLogits, dtype, rows, pitch)
        .optionalOutput("logSumExp", outputs.logSumExp(), DType.F32, rows);
    if (!plain) {
      operands
          .optionalOutput("predictions", outputs.predictions(), DType.I32, rows)
          .optionalOutput("entropies", outputs.entropies(), DType.F32, rows);
    }
    operands
        .replaceable("logits", logits, dtype, rows, pitch)
        .input("targets", targets, DType.I32, rows);
    if (!plain) {
      operands.optionalInput("classWeights", classWeights, DType.F32, classes);
    }
    operands
        .optionalInput("gradScale", gradScale, DType.F32, 1)
        .optionalInput("rowGrad", rowGrad, DType.F32, rows)
        .int64(rows)
        .int32(classes)
        .int64(pitch)
        .int32(options.ignoreIndex());
    if (!plain) {
      operands.float32(options.labelSmoothing());
    }
    operands.float32(options.zLoss());
    if (!plain) {
      operands.float32(options.softCap());
    }
    operands
        .int32(launch.keptSlots())
        .int64(firstRow)
        .output(
            "status",
            status.usedBy(kernel.name(), classes),
            StatusWord.DTYPE,
            StatusWord.SHAPE.count())
        .checked()
        .launch(stream, launch.launch());
  }

  private static boolean isPlain(Outputs outputs, @Nullable Tensor classWeights, Options options) {
    return classWeights == null
        && outputs.predictions() == null
        && outputs.entropies() == null
        && options.labelSmoothing() == 0
        && options.softCap() == Float.POSITIVE_INFINITY;
  }

  /** Whether every row starts on an address for vectors. */
  private static boolean isAligned(@Nullable Tensor matrix) {
    return matrix == null
        || (matrix.address() % VECTOR_BYTES == 0
            && matrix.shape().cols() * matrix.dtype().byteSize() % VECTOR_BYTES == 0);
  }

  /**
   * gradScale = upstream / (number of targets that are not ignored, or the sum of their class
   * weights); 0 when there is none.
   *
   * @param gradScale f32 scalar, overwritten
   * @param targets [rows], I32
   * @param classWeights [classes], f32
   * @param upstream f32 scalar: the gradient of the mean loss, usually the loss scale
   */
  public void scale(
      Stream stream,
      Tensor gradScale,
      Tensor targets,
      @Nullable Tensor classWeights,
      Tensor upstream,
      Options options) {
    long rows = targets.count();
    operands
        .begin(scale.get())
        .output("gradScale", gradScale, DType.F32, 1)
        .input("targets", targets, DType.I32, rows);
    int classes = weighing(classWeights, options);
    operands
        .input("upstream", upstream, DType.F32, 1)
        .int64(rows)
        .int32(classes)
        .int32(options.ignoreIndex())
        .checked()
        .launch(stream, SingleBlockLaunch.LAUNCH);
  }

  /**
   * loss = the sum of losses, or their mean over the targets that are not ignored (NaN when there
   * is none), weighted where class weights are given; added in a fixed order.
   *
   * @param loss f32 scalar, overwritten
   * @param losses [rows], f32, as {@link #fused} leaves them
   * @param targets [rows], I32
   * @param classWeights [classes], f32
   */
  public void reduce(
      Stream stream,
      Tensor loss,
      Tensor losses,
      Tensor targets,
      @Nullable Tensor classWeights,
      Options options,
      boolean mean) {
    long rows = targets.count();
    operands
        .begin(reduce.get())
        .output("loss", loss, DType.F32, 1)
        .input("losses", losses, DType.F32, rows)
        .input("targets", targets, DType.I32, rows);
    int classes = weighing(classWeights, options);
    operands
        .int64(rows)
        .int32(classes)
        .int32(options.ignoreIndex())
        .int32(mean ? 1 : 0)
        .checked()
        .launch(stream, SingleBlockLaunch.LAUNCH);
  }

  /** Adds class weights; answers how many there are. */
  private int weighing(@Nullable Tensor classWeights, Options options) {
    long classes = classWeights == null ? 0 : classWeights.count();
    if (options.classes() != Options.ALL_COLUMNS) {
      classes = options.classes();
    }
    operands.optionalInput("classWeights", classWeights, DType.F32, classes);
    return (int) Math.min(classes, CrossEntropyLaunch.MAX_COLS);
  }

  /**
   * accuracy = the share of the targets not ignored that were predicted; NaN when there is none.
   *
   * @param accuracy f32 scalar, overwritten
   * @param predictions [rows], I32, as {@link #fused} leaves them
   * @param targets [rows], I32
   */
  public void accuracy(
      Stream stream, Tensor accuracy, Tensor predictions, Tensor targets, Options options) {
    long rows = targets.count();
    operands
        .begin(this.accuracy.get())
        .output("accuracy", accuracy, DType.F32, 1)
        .input("predictions", predictions, DType.I32, rows)
        .input("targets", targets, DType.I32, rows)
        .int64(rows)
        .int32(options.ignoreIndex())
        .checked()
        .launch(stream, SingleBlockLaunch.LAUNCH);
  }
}
