package dev.lockstep.train;

import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.Model;
import dev.lockstep.nn.ModelConfig;
import dev.lockstep.nn.ModelUse;
import dev.lockstep.ops.MatrixEngine;
import dev.lockstep.optim.LearningRateSchedule;
import dev.lockstep.optim.LossScaler;
import dev.lockstep.optim.OptimizerConfig;
import dev.lockstep.optim.WeightDecayScope;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Every knob of a training run, checked. Printed when a run starts, stored with its checkpoint. */
public record TrainConfig(
    ModelConfig model,
    ComputeConfig compute,
    InputConfig input,
    OptimizerConfig optimizer,
    RateConfig rate,
    RunConfig run) {

  /**
   * Checks what is given.
   *
   * @throws IllegalArgumentException when a number is out of its range
   */
  public TrainConfig {
    Map<String, String> asked = new LinkedHashMap<>();
    compute.describe(asked);
    run.describe(asked);
    TaskKind.of(model).requireOwn(asked);
    long logits = Tensor.bytes(compute.precision().dtype(), Shape.of(model.outputs()));
    if (compute.headMemory() < logits) {
      throw new IllegalArgumentException(
          "head memory %d must be at least %d, the bytes of one row of %d logits in %s"
              .formatted(
                  compute.headMemory(),
                  logits,
                  model.outputs(),
                  compute.precision().dtype().suffix()));
    }
  }

  /** The defaults, to be changed. */
  public static Builder builder() {
    return new Builder();
  }

  /** What is learned: follows from the model. */
  public TaskKind task() {
    return TaskKind.of(model);
  }

  /** The learning rate of each step. */
  public LearningRateSchedule schedule() {
    return rate.over(run.steps());
  }

  /** {@link ComputeConfig#precision()}. */
  public Precision precision() {
    return compute.precision();
  }

  /** {@link ComputeConfig#matmul()}. */
  public MatrixEngine matmul() {
    return compute.matmul();
  }

  /** Whether the loss is scaled before its backward pass. */
  public boolean scalesLoss() {
    return compute.scalesLoss();
  }

  /** What a model that is trained keeps of its forward passes. */
  public ModelUse modelUse() {
    return compute.recompute() ? ModelUse.RECOMPUTING : ModelUse.TRAINING;
  }

  /** {@link RunConfig#steps()}. */
  public int steps() {
    return run.steps();
  }

  /** {@link InputConfig#batch()}. */
  public int batch() {
    return input.batch();
  }

  /** {@link InputConfig#accumulation()}. */
  public int accumulation() {
    return input.accumulation();
  }

  /** {@link InputConfig#seed()}. */
  public long seed() {
    return input.seed();
  }

  /** Rows that make up one step. */
  public int rowsPerStep() {
    return input.rowsPerStep();
  }

  /** Every knob by name, in order; those of the model begin with {@code model.}. */
  public Map<String, String> describe() {
    Map<String, String> knobs = new LinkedHashMap<>();
    knobs.put("task", task().label());
    model.describe().forEach((name, value) -> knobs.put("model." + name, value));
    compute.describe(knobs);
    input.describe(knobs);
    optimizer.describe(knobs);
    rate.describe(knobs);
    run.describe(knobs);
    knobs.keySet().removeAll(task().foreign());
    return knobs;
  }

  /**
   * Changes some of the defaults; checked when {@link #build built}. Each method sets the knob of
   * its name, which {@link ComputeConfig}, {@link InputConfig}, {@link OptimizerConfig}, {@link
   * RateConfig} or {@link RunConfig} explains.
   */
  public static final class Builder {
    private ModelConfig model = LanguageModelConfig.defaults();
    private Precision precision = Precision.BF16;
    private MatrixEngine matmul = MatrixEngine.OWN;
    private int steps = 300;
    private long seed = 1;
    private int batch = 256;
    private int accumulation = 1;
    private long headMemory = Model.DEFAULT_HEAD_BYTES;
    private double learningRate = 3e-3;
    private int warmupSteps = 30;
    private double finalLearningRateFraction = 0.1;
    private LearningRateSchedule.Decay schedule = LearningRateSchedule.Decay.COSINE;
    private OptimizerConfig.Kind optimizer = OptimizerConfig.defaults().kind();
    private double beta1 = OptimizerConfig.defaults().beta1();
    private double beta2 = OptimizerConfig.defaults().beta2();
    private double epsilon = OptimizerConfig.defaults().epsilon();
    private double momentum = OptimizerConfig.defaults().momentum();
    private boolean nesterov = OptimizerConfig.defaults().nesterov();
    private double weightDecay = OptimizerConfig.defaults().weightDecay();
    private WeightDecayScope weightDecayScope = OptimizerConfig.defaults().scope();
    private double clipNorm = OptimizerConfig.defaults().clipNorm();
    private double clipValue = OptimizerConfig.defaults().clipValue();
    private LossScalingMode lossScaling = LossScalingMode.AUTO;
    private LossScaler.Config lossScaler = LossScaler.Config.defaults();
    private boolean recompute;
    private @Nullable Path data;
    private int validateEvery;
    private int patience;
    private Path out = Path.of("runs", "train");
    private boolean overwrite;
    private @Nullable Path resume;
    private int logEvery = 10;
    private int checkpointEvery = 100;
    private int healthEvery;
    private boolean graph = true;
    private int sampleLength = RunConfig.SAMPLE_LENGTH;
    private double temperature = RunConfig.TEMPERATURE;

    private Builder() {}

    public Builder model(ModelConfig value) {
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

    public Builder schedule(LearningRateSchedule.Decay value) {
      schedule = value;
      return this;
    }

    public Builder optimizer(OptimizerConfig.Kind value) {
      optimizer = value;
      return this;
    }

    public Builder momentum(double value) {
      momentum = value;
      return this;
    }

    public Builder nesterov(boolean value) {
      nesterov = value;
      return this;
    }

    public Builder clipValue(double value) {
      clipValue = value;
      return this;
    }

    public Builder recompute(boolean value) {
      recompute = value;
      return this;
    }

    public Builder validateEvery(int value) {
      validateEvery = value;
      return this;
    }

    public Builder patience(int value) {
      patience = value;
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

    public Builder healthEvery(int value) {
      healthEvery = value;
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
          new ComputeConfig(
              precision, matmul, lossScaling, lossScaler, recompute, graph, headMemory),
          new InputConfig(data, seed, batch, accumulation),
          new OptimizerConfig(
              optimizer,
              beta1,
              beta2,
              epsilon,
              momentum,
              nesterov,
              weightDecay,
              weightDecayScope,
              clipNorm,
              clipValue),
          new RateConfig(learningRate, warmupSteps, schedule, finalLearningRateFraction),
          new RunConfig(
              steps,
              validateEvery,
              patience,
              out,
              overwrite,
              resume,
              logEvery,
              checkpointEvery,
              healthEvery,
              sampleLength,
              temperature));
    }
  }
}
