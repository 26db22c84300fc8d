package dev.lockstep.ops;

import static dev.lockstep.check.Tolerances.CROSS_ENTROPY;
import static dev.lockstep.check.Tolerances.LINEAR_CROSS_ENTROPY_GRADIENT;
import static dev.lockstep.check.Tolerances.LINEAR_CROSS_ENTROPY_WEIGHT_GRADIENT;
import static java.util.Objects.requireNonNull;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.LinearCrossEntropy.Gradients;
import dev.lockstep.ops.LinearCrossEntropy.Inputs;
import dev.lockstep.ops.SoftmaxCrossEntropy.Options;
import dev.lockstep.ops.SoftmaxCrossEntropy.Outputs;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A call of linear cross-entropy and what it must give. Inputs are quarters and eighths, of which
 * every type stores the logits exactly: what is left are the errors of the loss and its gradient.
 */
final class LinearCrossEntropyCase {
  static final double GRAD_SCALE = 0.5;

  /** Of whole numbers up to 2 in quarters times up to 2 in eighths. */
  private static final double UNIT = 1.0 / 32;

  private final DType dtype;
  private final int rows;
  private final int vocabulary;
  private final int depth;
  private final double[] x;
  private final double[] weight;
  private final double[] bias;
  private final double[] rowGrad;
  private int[] targets;
  private double @Nullable [] classWeights;
  private Options options = Options.defaults();
  private long budget = Long.MAX_VALUE;
  private boolean statistics;
  private boolean gradient = true;
  private boolean separate;
  private boolean inParts;

  LinearCrossEntropyCase(DType dtype, int rows, int vocabulary, int depth) {
    this.dtype = dtype;
    this.rows = rows;
    this.vocabulary = vocabulary;
    this.depth = depth;
    x = scaled(Samples.integers(1, (long) rows * depth, 2), 1.0 / 4);
    weight = scaled(Samples.integers(2, (long) vocabulary * depth, 2), 1.0 / 8);
    bias = scaled(Samples.integers(3, vocabulary, 8), 1.0 / 8);
    rowGrad = Samples.integers(4, rows, 4);
    targets = CrossEntropyCase.spread(rows, vocabulary, CrossEntropyCase.IGNORED);
  }

  private static double[] scaled(double[] values, double factor) {
    return Arrays.stream(values).map(value -> value * factor).toArray();
  }

  LinearCrossEntropyCase options(Options of) {
    options = of;
    targets = CrossEntropyCase.spread(rows, classes(), of.ignoreIndex());
    return this;
  }

  LinearCrossEntropyCase targets(int... values) {
    targets = values;
    return this;
  }

  /** Class weights from 0 to 2, zero among them. */
  LinearCrossEntropyCase weighted() {
    double[] whole = Samples.integers(5, classes(), 4);
    classWeights = Arrays.stream(whole).map(w -> (w + 4) / 4).toArray();
    return this;
  }

  /** In chunks of as many rows as fit. */
  LinearCrossEntropyCase chunks(long chunkRows) {
    return budget(chunkRows * vocabulary * dtype.byteSize());
  }

  LinearCrossEntropyCase budget(long bytes) {
    budget = bytes;
    return this;
  }

  /** Predictions and entropies too. */
  LinearCrossEntropyCase statistics() {
    statistics = true;
    return this;
  }

  LinearCrossEntropyCase lossOnly() {
    gradient = false;
    return this;
  }

  /** By the kernels one after another, with all logits there at once. */
  LinearCrossEntropyCase separate() {
    separate = true;
    return this;
  }

  /** The gradient of the weight summed in parts where it may be. */
  LinearCrossEntropyCase inParts() {
    inParts = true;
    return this;
  }

  OpCase.Call call() {
    return (ops, memory) -> run(ops, memory, 0, rows);
  }

  RowCase rowCase() {
    return new RowCase(
        toString(), rows, (ops, memory, from, count) -> run(ops, memory, from, count));
  }

  OpCase opCase() {
    double[] logits =
        Naive.plusRow(Naive.timesTransposed(x, weight, rows, vocabulary, depth), bias);
    for (double logit : logits) {
      if (dtype.round(logit) != logit || logit % UNIT != 0) {
        throw new IllegalStateException(logit + " is no logit that " + dtype + " stores exactly");
      }
    }
    CrossEntropyReference expected =
        new CrossEntropyReference(
            logits,
            targets,
            vocabulary,
            options,
            classWeights,
            GRAD_SCALE,
            gradient ? rowGrad : new double[rows]);
    double lse = Samples.largest(expected.lse());
    double size = Math.max(Samples.largest(logits), lse);
    double heaviest = classWeights == null ? 1 : Samples.largest(classWeights);
    double withZ = heaviest * size * (1 + options.zLoss() * size);
    int v = classes();
    OpCase op =
        new OpCase(toString(), call())
            .within(
                CROSS_ENTROPY.of(DType.F32, v, Samples.largest(expected.losses()), withZ),
                "losses",
                expected.losses())
            .within(CROSS_ENTROPY.of(DType.F32, v, lse, size), "lse", expected.lse());
    if (statistics) {
      op.exactly("predictions", expected.predictions())
          .within(
              CROSS_ENTROPY.of(DType.F32, v, lse, size * (1 + Math.log(v))),
              "entropies",
              expected.entropies());
    }
    return gradient ? gradients(op, expected.dLogits(), heaviest * (1 + withZ)) : op;
  }

  /** A row of dLogits adds up to at most twice what multiplies it. */
  private OpCase gradients(OpCase op, double[] dLogits, double ofLoss) {
    double upstream = 2 * ofLoss * GRAD_SCALE * Samples.largest(rowGrad);
    double[] dX = Naive.times(dLogits, weight, rows, vocabulary, depth);
    double[] dWeight = Naive.transposedTimes(dLogits, x, rows, vocabulary, depth);
    double[] dBias = Naive.columnSums(dLogits, rows, vocabulary);
    double largest = Samples.largest(dLogits);
    return op.within(
            LINEAR_CROSS_ENTROPY_GRADIENT.of(
                dtype, vocabulary, Samples.largest(dX), upstream * Samples.largest(weight)),
            "dX",
            dX)
        .within(
            LINEAR_CROSS_ENTROPY_WEIGHT_GRADIENT.of(
                dtype, rows, Samples.largest(dWeight), rows * largest * Samples.largest(x)),
            "dWeight",
            dWeight)
        .within(
            LINEAR_CROSS_ENTROPY_WEIGHT_GRADIENT.of(
                dtype, rows, Samples.largest(dBias), rows * largest),
            "dBias",
            dBias);
  }

  private void run(OpBench ops, GuardedMemory memory, int from, int count) {
    Tensor losses = memory.output("losses", DType.F32, count);
    Outputs outputs = Outputs.of(losses).withLogSumExp(memory.output("lse", DType.F32, count));
    if (statistics) {
      outputs =
          outputs
              .withPredictions(memory.output("predictions", DType.I32, count))
              .withEntropies(memory.output("entropies", DType.F32, count));
    }
    Inputs inputs =
        new Inputs(
            memory.input(dtype, Samples.rows(x, from, count, depth), count, depth),
            memory.input(dtype, weight, vocabulary, depth),
            memory.input(dtype, bias, vocabulary),
            memory.integers(Arrays.copyOfRange(targets, from, from + count)),
            classWeights == null ? null : memory.input(DType.F32, classWeights, classes()));
    // All ones: nothing to report, which nothing does.
    StatusWord status = new StatusWord(memory.scratch(StatusWord.DTYPE, 2));
    Gradients gradients = gradient ? gradients(memory, from, count) : null;
    if (separate) {
      separately(ops, memory, outputs, gradients, inputs, status);
      return;
    }
    LogitChunks chunks = LogitChunks.of(count, vocabulary, inParts ? depth : 0, dtype, budget);
    Tensor workspace = memory.scratch(dtype, chunks.workspaceShape().extents());
    if (gradients == null) {
      ops.linearCrossEntropy.forward(
          ops.stream, outputs, inputs, options, chunks, workspace, status);
    } else {
      ops.linearCrossEntropy.fused(
          ops.stream, outputs, gradients, inputs, options, chunks, workspace, status);
    }
  }

  private Gradients gradients(GuardedMemory memory, int from, int count) {
    return new Gradients(
        memory.output("dX", dtype, count, depth),
        memory.updated("dWeight", DType.F32, new double[vocabulary * depth], vocabulary, depth),
        memory.updated("dBias", DType.F32, new double[vocabulary], vocabulary),
        memory.scalar(GRAD_SCALE),
        memory.input(DType.F32, Samples.rows(rowGrad, from, count, 1), count));
  }

  private void separately(
      OpBench ops,
      GuardedMemory memory,
      Outputs outputs,
      @Nullable Gradients gradients,
      Inputs inputs,
      StatusWord status) {
    Tensor all = memory.scratch(dtype, inputs.x().shape().rows(), vocabulary);
    ops.linear.forward(
        ops.stream, all, null, inputs.x(), inputs.weight(), inputs.bias(), null, Activation.NONE);
    ops.crossEntropy.fused(
        ops.stream,
        outputs.withGradient(gradients == null ? null : all),
        all,
        inputs.targets(),
        inputs.classWeights(),
        gradients == null ? null : gradients.gradScale(),
        gradients == null ? null : gradients.rowGrad(),
        options,
        status);
    if (gradients != null) {
      Tensor dX = requireNonNull(gradients.dX());
      Tensor dWeight = requireNonNull(gradients.dWeight());
      Tensor dBias = requireNonNull(gradients.dBias());
      ops.linear.backwardInput(ops.stream, dX, all, inputs.weight());
      if (inParts) {
        Tensor parts = memory.scratch(DType.F32, 8, vocabulary, depth);
        ops.linear.backwardWeight(ops.stream, dWeight, all, inputs.x(), parts);
      } else {
        ops.linear.backwardWeight(ops.stream, dWeight, all, inputs.x());
      }
      ops.linear.backwardBias(ops.stream, dBias, all);
    }
  }

  private int classes() {
    return options.classes() == Options.ALL_COLUMNS ? vocabulary : options.classes();
  }

  @Override
  public String toString() {
    return "%s %d x %d x %d%s%s%s, budget %d, %s"
        .formatted(
            dtype.suffix(),
            rows,
            vocabulary,
            depth,
            classWeights == null ? "" : ", weighted",
            statistics ? ", statistics" : "",
            gradient ? "" : ", loss only",
            budget,
            options);
  }
}
