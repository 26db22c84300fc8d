package dev.lockstep.train;

import dev.lockstep.nn.LanguageModel;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.ops.MatrixEngine;
import dev.lockstep.optim.AdamW;
import dev.lockstep.optim.LearningRateSchedule;
import dev.lockstep.optim.LossScaler;
import dev.lockstep.optim.WeightDecayScope;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every knob of a training run, checked. Printed when a run starts and stored with its checkpoint.
 *
 * @param matmul who multiplies the matrices of linear layers
 * @param steps optimizer steps
 * @param seed of first weights, batches and the sample
 * @param batch rows of one forward and backward pass
 * @param accumulation passes whose gradients add up to one step; a step sees batch · accumulation
 *     rows
 * @param headMemory bytes the logits of a pass may take; where those of all its rows take more,
 *     they are computed for some rows at a time
 * @param learningRate the peak of the schedule
 * @param warmupSteps steps of the linear warm-up
 * @param finalLearningRateFraction where the cosine ends, as a fraction of the peak
 * @param clipNorm bound on the norm of all gradients together; 0 does not clip
 * @param lossScaling when the loss is scaled
 * @param lossScaler how the scale starts and changes
 * @param data file or directory to train on; null takes the licence texts of the running JDK
 * @param out folder of checkpoint and log
 * @param overwrite whether what an earlier run left in that folder may be replaced
 * @param resume checkpoint to go on from; null starts anew
 * @param logEvery steps from one report to the next; the only ones after which anything waits for
 *     the device
 * @param checkpointEvery steps from one checkpoint to the next; 0 writes one at the end only
 * @param graph whether a step is launched as one graph, where the device can capture work
 * @param sampleLength bytes of text to generate at the end
 * @param temperature of that text: 0 always takes the likeliest byte
 */
public record TrainConfig(
    LanguageModelConfig model,
    Precision precision,
    MatrixEngine matmul,
    int steps,
    long seed,
    int batch,
    int accumulation,
    long headMemory,
    double learningRate,
    int warmupSteps,
    double finalLearningRateFraction,
    AdamW.Config optimizer,
    double clipNorm,
    LossScalingMode lossScaling,
    LossScaler.Config lossScaler,
    @Nullable Path data,
    Path out,
    boolean overwrite,
    @Nullable Path resume,
    int logEvery,
    int checkpointEvery,
    boolean graph,
    int sampleLength,
    double temperature) {

  public TrainConfig {
    requireAtLeast("steps", steps, 1);
    requireAtLeast("batch", batch, 1);
    requireAtLeast("accumulation", accumulation, 1);
    requireAtLeast("log interval", logEvery, 1);
    requireAtLeast("checkpoint interval", checkpointEvery, 0);
    requireAtLeast("sample length", sampleLength, 0);
    requireNotNegative("clip norm", clipNorm);
    requireNotNegative("temperature", temperature);
    if ((long) batch * accumulation > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "batch %d times accumulation %d must stay below 2^31".formatted(batch, accumulation));
    }
    long logits = Tensor.bytes(precision.dtype(), Shape.of(model.vocabulary()));
    if (headMemory < logits) {
      throw new IllegalArgumentException(
          "head memory %d must be at least %d, the bytes of one row of %d logits in %s"
              .formatted(headMemory, logits, model.vocabulary(), precision.dtype().suffix()));
    }
    // Checks its own bounds.
    LearningRateSchedule.cosine(learningRate, warmupSteps, steps, finalLearningRateFraction);
  }

  private static void requireAtLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(name + " " + value + " must be at least " + least);
    }
  }

  private static void requireNotNegative(String name, double value) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(name + " " + value + " must be finite and at least 0");
    }
  }

  /** The defaults, to be changed. */
  public static Builder builder() {
    return new Builder();
  }

  /** The learning rate of each step. */
  public LearningRateSchedule schedule() {
    return LearningRateSchedule.cosine(learningRate, warmupSteps, steps, finalLearningRateFraction);
  }

  /** Whether the loss is scaled before its backward pass. */
  public boolean scalesLoss() {
    return lossScaling.scales(precision);
  }

  /** Rows that make up one step. */
  public int rowsPerStep() {
    return batch * accumulation;
  }

  /** Every knob by name, in order; those of the model begin with {@code model.}. */
  public Map<String, String> describe() {
    Map<String, String> knobs = new LinkedHashMap<>();
    model.describe().forEach((name, value) -> knobs.put("model." + name, value));
    knobs.put("precision", precision.label());
    knobs.put("matmul", matmul.label());
    knobs.put("steps", Integer.toString(steps));
    knobs.put("seed", Long.toString(seed));
    knobs.put("batch", Integer.toString(batch));
    knobs.put("accumulation", Integer.toString(accumulation));
    knobs.put("headMemory", Long.toString(headMemory));
    knobs.put("learningRate", Double.toString(learningRate));
    knobs.put("warmupSteps", Integer.toString(warmupSteps));
    knobs.put("finalLearningRateFraction", Double.toString(finalLearningRateFraction));
    knobs.put("beta1", Double.toString(optimizer.beta1()));
    knobs.put("beta2", Double.toString(optimizer.beta2()));
    knobs.put("epsilon", Double.toString(optimizer.epsilon()));
    knobs.put("weightDecay", Double.toString(optimizer.weightDecay()));
    knobs.put("weightDecayScope", optimizer.scope().label());
    knobs.put("clipNorm", Double.toString(clipNorm));
    knobs.put("lossScaling", lossScaling.label());
    knobs.put("lossScale", Double.toString(lossScaler.initial()));
    knobs.put("lossScaleGrowth", Double.toString(lossScaler.growth()));
    knobs.put("lossScaleBackoff", Double.toString(lossScaler.backoff()));
    knobs.put("lossScaleInterval", Integer.toString(lossScaler.interval()));
    knobs.put("data", data == null ? "licence texts of the JDK" : data.toString());
    knobs.put("out", out.toString());
    knobs.put("overwrite", Boolean.toString(overwrite));
    knobs.put("resume", resume == null ? "" : resume.toString());
    knobs.put("logEvery", Integer.toString(logEvery));
    knobs.put("checkpointEvery", Integer.toString(checkpointEvery));
    knobs.put("graph", Boolean.toString(graph));
    knobs.put("sampleLength", Integer.toString(sampleLength));
    knobs.put("temperature", Double.toString(temperature));
    return knobs;
  }

  /** Changes some of the defaults; checked when {@link #build built}. */
  public static final class Builder {
    private LanguageModelConfig model = LanguageModelConfig.defaults();
    private Precision precision = Precision.BF16;
    private MatrixEngine matmul = MatrixEngine.OWN;
    private int steps = 300;
    private long seed = 1;
    private int batch = 256;
    private int accumulation = 1;
    private long headMemory = LanguageModel.DEFAULT_HEAD_BYTES;
    private double learningRate = 3e-3;
    private int warmupSteps = 30;
    private double finalLearningRateFraction = 0.1;
    private double beta1 = 0.9;
    private double beta2 = 0.999;
    private double epsilon = 1e-8;
    private double weightDecay = 0.1;
    private WeightDecayScope weightDecayScope = WeightDecayScope.MATRICES;
    private double clipNorm = 1;
    private LossScalingMode lossScaling = LossScalingMode.AUTO;
    private LossScaler.Config lossScaler = LossScaler.Config.defaults();
    private @Nullable Path data;
    private Path out = Path.of("runs", "train");
    private boolean overwrite;
    private @Nullable Path resume;
    private int logEvery = 10;
    private int checkpointEvery = 100;
    private boolean graph = true;
    private int sampleLength = 200;
    private double temperature = 0.7;

    private Builder() {}

    public Builder model(LanguageModelConfig value) {
      model = value;
      return this;
    }

    public Builder precision(Precision value) {
      precision = value;
      return this;
    }

    public Builder matmul(MatrixEngine value) {
      matmul = value;
      return this;
    }

    public Builder steps(int value) {
      steps = value;
      return this;
    }

    public Builder seed(long value) {
      seed = value;
      return this;
    }

    public Builder batch(int value) {
      batch = value;
      return this;
    }

    public Builder accumulation(int value) {
      accumulation = value;
      return this;
    }

    public Builder headMemory(long value) {
      headMemory = value;
      return this;
    }

    public Builder learningRate(double value) {
      learningRate = value;
      return this;
    }

    public Builder warmupSteps(int value) {
      warmupSteps = value;
      return this;
    }

    public Builder finalLearningRateFraction(double value) {
      finalLearningRateFraction = value;
      return this;
    }

    public Builder beta1(double value) {
      beta1 = value;
      return this;
    }

    public Builder beta2(double value) {
      beta2 = value;
      return this;
    }

    public Builder epsilon(double value) {
      epsilon = value;
      return this;
    }

    public Builder weightDecay(double value) {
      weightDecay = value;
      return this;
    }

    public Builder weightDecayScope(WeightDecayScope value) {
      weightDecayScope = value;
      return this;
    }

    public Builder clipNorm(double value) {
      clipNorm = value;
      return this;
    }

    public Builder lossScaling(LossScalingMode value) {
      lossScaling = value;
      return this;
    }

    public Builder lossScaler(LossScaler.Config value) {
      lossScaler = value;
      return this;
    }

    public Builder data(@Nullable Path value) {
      data = value;
      return this;
    }

    public Builder out(Path value) {
      out = value;
      return this;
    }

    public Builder overwrite(boolean value) {
      overwrite = value;
      return this;
    }

    public Builder resume(@Nullable Path value) {
      resume = value;
      return this;
    }

    public Builder logEvery(int value) {
      logEvery = value;
      return this;
    }

    public Builder checkpointEvery(int value) {
      checkpointEvery = value;
      return this;
    }

    public Builder graph(boolean value) {
      graph = value;
      return this;
    }

    public Builder sampleLength(int value) {
      sampleLength = value;
      return this;
    }

    public Builder temperature(double value) {
      temperature = value;
      return this;
    }

    /**
     * The configuration.
     *
     * @throws IllegalArgumentException naming what is out of bounds
     */
    public TrainConfig build() {
      return new TrainConfig(
          model,
          precision,
          matmul,
          steps,
          seed,
          batch,
          accumulation,
          headMemory,
          learningRate,
          warmupSteps,
          finalLearningRateFraction,
          new AdamW.Config(beta1, beta2, epsilon, weightDecay, weightDecayScope),
          clipNorm,
          lossScaling,
          lossScaler,
          data,
          out,
          overwrite,
          resume,
          logEvery,
          checkpointEvery,
          graph,
          sampleLength,
          temperature);
    }
  }
}
