package dev.lockstep.ops;

import static dev.lockstep.check.Tolerances.CROSS_ENTROPY;
import static dev.lockstep.check.Tolerances.CROSS_ENTROPY_GRADIENT;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.SoftmaxCrossEntropy.Options;
import dev.lockstep.ops.SoftmaxCrossEntropy.Outputs;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A call of softmax cross-entropy and what it must give. Says what it wants of {@link Outputs}
 * beside the losses by {@link #asking}.
 */
final class CrossEntropyCase {
  static final int IGNORED = Options.DEFAULT_IGNORE_INDEX;
  static final double GRAD_SCALE = 0.5;

  private final DType dtype;
  private final int rows;
  private final int pitch;
  private Options options = Options.defaults();
  private double[] logits;
  private int[] targets;
  private double @Nullable [] weights;
  private double[] rowGrad;
  private boolean gradient = true;
  private boolean inPlace;
  private boolean lse = true;
  private boolean statistics;

  /** Normal logits of deviation 3; see {@link #spread} for the targets. */
  CrossEntropyCase(DType dtype, int rows, int pitch) {
    this.dtype = dtype;
    this.rows = rows;
    this.pitch = pitch;
    double[] normal = Samples.normal(1, (long) rows * pitch, dtype);
    logits = Samples.rounded(dtype, Arrays.stream(normal).map(v -> 3 * v).toArray());
    rowGrad = Samples.integers(2, rows, 4);
    targets = spread(rows, pitch, IGNORED);
  }

  /** Every seventh is ignored from the third on; the first and the last class occur. */
  static int[] spread(int rows, int classes, int ignored) {
    int[] targets = IntStream.range(0, rows).map(i -> (i * 31 + classes - 1) % classes).toArray();
    for (int i = 2; i < rows; i += 7) {
      targets[i] = ignored;
    }
    return targets;
  }

  /** Beyond the classes logits are NaN, which no result may show. */
  CrossEntropyCase options(Options of) {
    options = of;
    targets = spread(rows, classes(), of.ignoreIndex());
    for (int row = 0; row < rows; row++) {
      Arrays.fill(logits, row * pitch + classes(), (row + 1) * pitch, Double.NaN);
    }
    return this;
  }

  CrossEntropyCase logits(double... values) {
    logits = values;
    return this;
  }

  CrossEntropyCase targets(int... values) {
    targets = values;
    return this;
  }

  CrossEntropyCase rowGrad(double value) {
    Arrays.fill(rowGrad, value);
    return this;
  }

  /** Class weights from 0 to 2, zero among them. */
  CrossEntropyCase weighted() {
    double[] whole = Samples.integers(3, classes(), 4);
    weights = Arrays.stream(whole).map(w -> (w + 4) / 4).toArray();
    return this;
  }

  CrossEntropyCase lossOnly() {
    gradient = false;
    return this;
  }

  CrossEntropyCase inPlace() {
    inPlace = true;
    return this;
  }

  /** Without lse, rows that are ignored need no reading. */
  CrossEntropyCase withoutLse() {
    lse = false;
    return this;
  }

  /** Predictions and entropies too. */
  CrossEntropyCase statistics() {
    statistics = true;
    return this;
  }

  /** The call alone, for comparisons with itself. */
  OpCase.Call call() {
    return (ops, memory) -> run(ops, memory, 0, rows);
  }

  RowCase rowCase(String name) {
    return new RowCase(name + " " + this, rows, this::run);
  }

  OpCase opCase() {
    CrossEntropyReference expected =
        new CrossEntropyReference(
            logits,
            targets,
            pitch,
            options,
            weights,
            GRAD_SCALE,
            gradient ? rowGrad : new double[rows]);
    double[] inRow =
        IntStream.range(0, logits.length)
            .filter(i -> i % pitch < classes())
            .mapToDouble(i -> logits[i])
            .filter(Double::isFinite)
            .toArray();
    double lseSize = finite(expected.lse());
    double size = Math.max(Samples.largest(inRow), lseSize);
    double heaviest = weights == null ? 1 : Samples.largest(weights);
    double withZ = heaviest * size * (1 + options.zLoss() * size);
    OpCase op =
        new OpCase(toString(), call())
            .within(
                CROSS_ENTROPY.of(DType.F32, classes(), finite(expected.losses()), withZ),
                "losses",
                expected.losses());
    if (lse) {
      op.within(CROSS_ENTROPY.of(DType.F32, classes(), lseSize, size), "lse", expected.lse());
    }
    if (statistics) {
      op.exactly("predictions", expected.predictions());
      // p ln p has the error of p, which is that of lse, times ln p.
      op.within(
          CROSS_ENTROPY.of(DType.F32, classes(), lseSize, size * (1 + Math.log(classes()))),
          "entropies",
          expected.entropies());
    }
    if (gradient) {
      double upstream = GRAD_SCALE * Samples.largest(rowGrad);
      op.within(
          CROSS_ENTROPY_GRADIENT.of(
              dtype, classes(), finite(expected.dLogits()), upstream * heaviest * (1 + withZ)),
          "dLogits",
          expected.dLogits());
    }
    return op;
  }

  private static double finite(double[] values) {
    return Samples.largest(Arrays.stream(values).filter(Double::isFinite).toArray());
  }

  private void run(OpBench ops, GuardedMemory memory, int from, int count) {
    double[] some = Samples.rows(logits, from, count, pitch);
    Outputs outputs = Outputs.of(memory.output("losses", DType.F32, count));
    Tensor x =
        inPlace
            ? memory.updated("dLogits", dtype, some, count, pitch)
            : memory.input(dtype, some, count, pitch);
    if (gradient) {
      outputs = outputs.withGradient(inPlace ? x : memory.output("dLogits", dtype, count, pitch));
    }
    if (lse) {
      outputs = outputs.withLogSumExp(memory.output("lse", DType.F32, count));
    }
    if (statistics) {
      outputs =
          outputs
              .withPredictions(memory.output("predictions", DType.I32, count))
              .withEntropies(memory.output("entropies", DType.F32, count));
    }
    ops.crossEntropy.fused(
        ops.stream,
        outputs,
        x,
        memory.integers(Arrays.copyOfRange(targets, from, from + count)),
        weights == null ? null : memory.input(DType.F32, weights, classes()),
        gradient ? memory.scalar(GRAD_SCALE) : null,
        gradient ? memory.input(DType.F32, Samples.rows(rowGrad, from, count, 1), count) : null,
        options,
        // All ones: nothing to report, which nothing does.
        new StatusWord(memory.scratch(StatusWord.DTYPE, 2)));
  }

  private int classes() {
    return options.classes() == Options.ALL_COLUMNS ? pitch : options.classes();
  }

  @Override
  public String toString() {
    return "%s %d x %d%s%s%s%s%s, %s"
        .formatted(
            dtype.suffix(),
            rows,
            pitch,
            weights == null ? "" : ", weighted",
            statistics ? ", statistics" : "",
            gradient ? "" : ", loss only",
            inPlace ? ", in place" : "",
            lse ? "" : ", no lse",
            options);
  }
}
