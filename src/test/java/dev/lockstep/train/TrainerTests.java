package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.device.Device;
import dev.lockstep.device.Devices;
import dev.lockstep.nn.FeedForwardKind;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.NormPlacement;
import dev.lockstep.optim.LossScaler;
import dev.lockstep.optim.OptimizerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole runs of a small model. One subclass for each device. */
abstract class TrainerTests {
  private static final LanguageModelConfig MODEL =
      LanguageModelConfig.builder().context(4).embedding(8).width(24).hidden(40).blocks(1).build();

  @TempDir Path folder;

  private TrainConfig.Builder config = TrainConfig.builder();

  /** The device, with that many workers where it has any; 0 takes its own number. */
  abstract Device open(int workers);

  @BeforeEach
  void text() throws IOException {
    open(0).close(); // where there is none, the test is skipped here
    String sentence = "the quick brown fox jumps over the lazy dog and runs. ";
    Path text = Files.writeString(folder.resolve("text"), sentence.repeat(8));
    config =
        TrainConfig.builder()
            .model(MODEL)
            .batch(16)
            .steps(8)
            .warmupSteps(2)
            .learningRate(1e-2)
            .data(text)
            .out(folder.resolve("out"))
            .overwrite(true)
            .checkpointEvery(0)
            .sampleLength(4);
  }

  @ParameterizedTest
  @EnumSource
  void theSameSeedGivesTheSameBitsOnAnyNumberOfWorkers(Precision precision) {
    config.precision(precision);
    TrainSummary one = run(config, 1);
    TrainSummary two = run(config, 2);
    assertThat(two.losses()).isEqualTo(one.losses());
    assertThat(two.validationBitsPerByte()).isEqualTo(one.validationBitsPerByte());
    assertThat(two.sample()).isEqualTo(one.sample());
    assertThat(run(config.seed(2).steps(1), 2).losses()).isNotEqualTo(one.losses().subList(0, 1));
  }

  @ParameterizedTest
  @EnumSource
  void goingOnFromACheckpointIsTheSameRun(Precision precision) {
    // The scale is doubled after step 3 and step 6, so it must be remembered when it last was.
    config.precision(precision).lossScaler(new LossScaler.Config(1024, 2, 0.5, 3, 1, 0x1p15));
    List<Double> whole = run(config, 0).losses();
    StoppingListener stopper = new StoppingListener(5);
    TrainSummary half = run(config, 0, stopper);
    assertThat(half.interrupted()).isTrue();
    assertThat(half.losses()).isEqualTo(whole.subList(0, 5));
    List<Double> rest = run(config.resume(Path.of(half.checkpoint())), 0).losses();
    assertThat(rest).isEqualTo(whole.subList(5, 8));
  }

  /** What a run remembers beside its weights: masks, the scale, moments of each optimizer. */
  @ParameterizedTest
  @CsvSource({"adamw, PRE", "adam, POST", "sgd, PRE"})
  void goingOnWithDropoutAndALossScaleIsTheSameRun(String optimizer, NormPlacement placement) {
    config
        .model(MODEL.toBuilder().dropout(0.2).normPlacement(placement).build())
        .optimizer(OptimizerConfig.Kind.of(optimizer))
        .precision(Precision.FP16)
        .lossScaler(new LossScaler.Config(1024, 2, 0.5, 3, 1, 0x1p15))
        .batch(8)
        .accumulation(2)
        .steps(6);
    TrainSummary whole = run(config, 0);
    TrainSummary half = run(config, 0, new StoppingListener(4));
    TrainSummary rest = run(config.resume(Path.of(half.checkpoint())), 0);
    assertThat(rest.losses()).isEqualTo(whole.losses().subList(4, 6));
    assertThat(rest.validationBitsPerByte()).isEqualTo(whole.validationBitsPerByte());
  }

  @Test
  void goingOnWithAnotherOptimizerIsRefused() {
    TrainSummary half = run(config, 0, new StoppingListener(1));
    config.resume(Path.of(half.checkpoint())).optimizer(OptimizerConfig.Kind.SGD);
    assertThatThrownBy(() -> run(config, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("of a run with optimizer adamw and momentum 0.9, here they are sgd");
  }

  /** Of each kind of block: the gated ones recompute nothing by a product, the others one. */
  @ParameterizedTest
  @EnumSource(names = {"SWIGLU", "GELU"})
  void recomputingTakesLessMemoryAndGivesTheSameBits(FeedForwardKind kind) {
    config.model(MODEL.toBuilder().feedForward(kind).blocks(3).dropout(0.1).build()).steps(2);
    StoppingListener keeping = new StoppingListener();
    StoppingListener recomputing = new StoppingListener();
    TrainSummary kept = run(config, 0, keeping);
    TrainSummary recomputed = run(config.recompute(true), 0, recomputing);
    assertThat(recomputed.losses()).isEqualTo(kept.losses());
    assertThat(recomputed.validationBitsPerByte()).isEqualTo(kept.validationBitsPerByte());
    int hidden = 3 - 1; // of each tensor it no longer keeps, one is left for all blocks
    int tensors = kind.gated() ? 1 : 2;
    long bytes = 16L * MODEL.hidden() * Precision.BF16.dtype().byteSize();
    assertThat(keeping.info().activationBytes() - recomputing.info().activationBytes())
        .isEqualTo(hidden * tensors * bytes);
    assertThat(keeping.info().recomputedFlopsPerStep()).isZero();
    assertThat(recomputing.info().recomputedFlopsPerStep())
        .isEqualTo(kind.gated() ? 0 : 3 * 2L * 16 * MODEL.width() * MODEL.hidden());
  }

  @Test
  void aBoundOnElementsHoldsWhateverTheScale() {
    config.precision(Precision.FP32).optimizer(OptimizerConfig.Kind.SGD).momentum(0);
    config.weightDecay(0).clipNorm(0).warmupSteps(0).steps(1).learningRate(1);
    Map<String, float[]> free = weightsAfter(config);
    Map<String, float[]> bound = weightsAfter(config.clipValue(1e-3));
    Map<String, float[]> scaled = weightsAfter(config.lossScaling(LossScalingMode.DYNAMIC));
    Map<String, float[]> first = weightsAfter(config.learningRate(0));
    assertThat(furthest(scaled, bound)).isZero();
    double freely = furthest(free, first);
    double boundedly = furthest(bound, first);
    assertThat(freely).isGreaterThan(2e-3);
    assertThat(boundedly).isCloseTo(1e-3, within(1e-6));
  }

  private static double furthest(Map<String, float[]> from, Map<String, float[]> to) {
    double furthest = 0;
    for (Map.Entry<String, float[]> entry : from.entrySet()) {
      float[] there = Objects.requireNonNull(to.get(entry.getKey()));
      for (int i = 0; i < there.length; i++) {
        furthest = Math.max(furthest, Math.abs(entry.getValue()[i] - there[i]));
      }
    }
    return furthest;
  }

  private Map<String, float[]> weightsAfter(TrainConfig.Builder of) {
    return Checkpoint.read(Path.of(run(of, 0).checkpoint()), MODEL).weights();
  }

  /** With a learning rate of 0 no validation is better than the first. */
  @Test
  void stopsWhenValidationNoLongerImproves() {
    config.learningRate(0).validateEvery(2).patience(2).steps(20);
    StoppingListener listener = new StoppingListener();
    TrainSummary summary = run(config, 0, listener);
    assertThat(summary.steps()).isEqualTo(6);
    assertThat(summary.interrupted()).isFalse();
    assertThat(listener.validations()).containsOnlyKeys(2, 4, 6);
    assertThat(listener.bests()).containsExactly(2);
    Checkpoint checkpoint = Checkpoint.read(Path.of(summary.checkpoint()), MODEL);
    assertThat(checkpoint.counters().best()).isEqualTo(summary.validationBitsPerByte());
    assertThat(checkpoint.counters().sinceBest()).isEqualTo(2);
  }

  @Test
  void accumulationIsABiggerBatch() {
    config.precision(Precision.FP32);
    List<Double> big = run(config, 0).losses();
    List<Double> accumulated = run(config.batch(4).accumulation(4), 0).losses();
    assertThat(accumulated).hasSameSizeAs(big);
    for (int step = 0; step < big.size(); step++) {
      // Only the order of sums differs; steps amplify that a little.
      assertThat(accumulated.get(step)).isCloseTo(big.get(step), within(1e-5));
    }
  }

  /** Logits of five of sixteen rows at a time. */
  @ParameterizedTest
  @EnumSource
  void lessMemoryForTheHeadChangesTheOrderOfItsSumsOnly(Precision precision) {
    config.precision(precision);
    TrainSummary whole = run(config, 0);
    TrainSummary cut = run(config.headMemory(5L * 256 * precision.dtype().byteSize()), 0);
    assertThat(cut.losses().getFirst()).isEqualTo(whole.losses().getFirst());
    for (int step = 1; step < whole.losses().size(); step++) {
      // Steps amplify what rounding the weights makes of it.
      double amplified = 100 * precision.dtype().unitRoundoff();
      assertThat(cut.losses().get(step)).isCloseTo(whole.losses().get(step), within(amplified));
    }
    assertThat(cut.sample()).hasSize(whole.sample().length());
  }

  @ParameterizedTest
  @EnumSource
  void learnsARepeatedSentence(Precision precision) {
    TrainSummary summary = run(config.precision(precision).steps(60), 0);
    assertThat(summary.losses().getLast()).isLessThan(0.5 * summary.losses().getFirst());
    assertThat(summary.validationBitsPerByte())
        .isLessThan(((Baselines.Text) summary.baselines()).order0());
  }

  @Test
  void aLossThatIsNotFiniteEndsTheRunAndKeepsTheLastGoodCheckpoint() {
    config.learningRate(1e30).warmupSteps(0).checkpointEvery(1).logEvery(1).clipNorm(0);
    TrainingDivergedException failure =
        catchThrowableOfType(TrainingDivergedException.class, () -> run(config, 0));
    assertThat(failure)
        .hasMessageMatching(
            "step \\d+: the loss is (NaN|Infinity); not finite: .*; "
                + "the last good checkpoint, of step \\d+, is .*");
    assertThat(failure.step()).isGreaterThan(1);
    Path file = Objects.requireNonNull(failure.checkpoint());
    Checkpoint kept = Checkpoint.read(file, MODEL);
    assertThat(kept.step()).isEqualTo(failure.step() - 1);
    assertThat(failure.tensor()).matches("(parameter|activation|gradient of) .*|logits");
  }

  /** The gradient of the logits overflows fp16 until the scale has come down. */
  @Test
  void aScaleTooLargeComesDownByItselfAndTheStepsItCostAreCounted() {
    config.precision(Precision.FP16).steps(12).logEvery(6);
    config.lossScaler(new LossScaler.Config(0x1p24, 2, 0.5, 2000, 1, 0x1p24));
    StoppingListener listener = new StoppingListener();
    TrainSummary summary = run(config, 0, listener);
    int lost = listener.skipped().size();
    int goodSteps = 12 - listener.skipped().getLast().step();
    assertThat(lost).isBetween(3, 8);
    for (int i = 0; i < lost; i++) {
      StepMetrics metrics = listener.skipped().get(i);
      assertThat(metrics.skippedSoFar()).isEqualTo(i + 1);
      assertThat(metrics.lossScale()).isEqualTo(0x1p24 / (1 << i));
      assertThat(metrics.nonFinite()).startsWith("gradient of ");
    }
    Checkpoint checkpoint = Checkpoint.read(Path.of(summary.checkpoint()), MODEL);
    float scale = 0x1p24f / (1 << lost);
    assertThat(checkpoint.counters())
        .isEqualTo(
            new Checkpoint.Counters(12, lost, scale, goodSteps, 0, Double.POSITIVE_INFINITY, 0));
  }

  @Test
  void withoutACheckpointTheMessageSaysSo() {
    config.learningRate(1e30).warmupSteps(0);
    assertThatThrownBy(() -> run(config, 0))
        .isInstanceOf(TrainingDivergedException.class)
        .hasMessageEndingWith("; no checkpoint had been written");
    assertThat(folder.resolve("out").resolve("checkpoint.safetensors")).doesNotExist();
  }

  private TrainSummary run(TrainConfig.Builder of, int workers) {
    return run(of, workers, new StoppingListener());
  }

  private TrainSummary run(TrainConfig.Builder of, int workers, StoppingListener listener) {
    try (Device device = open(workers)) {
      Devices.Choice choice = new Devices.Choice(device, "for a test");
      return listener.run(of.build(), choice);
    }
  }
}
