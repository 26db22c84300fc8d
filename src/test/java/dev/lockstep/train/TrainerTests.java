package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.device.Device;
import dev.lockstep.device.Devices;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.optim.LossScaler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole runs of a small model. One subclass for each device. */
abstract class TrainerTests {
  private static final LanguageModelConfig MODEL =
      LanguageModelConfig.defaults().toBuilder()
          .context(4)
          .embedding(8)
          .width(24)
          .hidden(40)
          .blocks(1)
          .build();

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
    Stopper stopper = new Stopper(5);
    TrainSummary half = run(config, 0, stopper);
    assertThat(half.interrupted()).isTrue();
    assertThat(half.losses()).isEqualTo(whole.subList(0, 5));
    List<Double> rest = run(config.resume(Path.of(half.checkpoint())), 0).losses();
    assertThat(rest).isEqualTo(whole.subList(5, 8));
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
    assertThat(summary.validationBitsPerByte()).isLessThan(summary.baselines().order0());
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
    assertThat(failure.tensor()).matches("(parameter|gradient of) .*|logits");
  }

  /** The gradient of the logits overflows fp16 until the scale has come down. */
  @Test
  void aScaleTooLargeComesDownByItselfAndTheStepsItCostAreCounted() {
    config.precision(Precision.FP16).steps(12).logEvery(6);
    config.lossScaler(new LossScaler.Config(0x1p24, 2, 0.5, 2000, 1, 0x1p24));
    Stopper listener = new Stopper(-1);
    TrainSummary summary = run(config, 0, listener);
    int lost = listener.skipped.size();
    int goodSteps = 12 - listener.skipped.getLast().step();
    assertThat(lost).isBetween(3, 8);
    for (int i = 0; i < lost; i++) {
      StepMetrics metrics = listener.skipped.get(i);
      assertThat(metrics.skippedSoFar()).isEqualTo(i + 1);
      assertThat(metrics.lossScale()).isEqualTo(0x1p24 / (1 << i));
      assertThat(metrics.nonFinite()).startsWith("gradient of ");
    }
    Checkpoint checkpoint = Checkpoint.read(Path.of(summary.checkpoint()), MODEL);
    float scale = 0x1p24f / (1 << lost);
    assertThat(checkpoint.counters())
        .isEqualTo(new Checkpoint.Counters(12, lost, scale, goodSteps));
  }

  @Test
  void withoutACheckpointTheMessageSaysSo() {
    config.learningRate(1e30).warmupSteps(0);
    assertThatThrownBy(() -> run(config, 0))
        .isInstanceOf(TrainingDivergedException.class)
        .hasMessageEndingWith("; no checkpoint had been written");
    assertThat(folder.resolve("out").resolve("checkpoint.safetensors")).doesNotExist();
  }

  private static final class Stopper implements TrainListener {
    private final int last;
    private final List<StepMetrics> skipped = new ArrayList<>();
    private Runnable stop = () -> {};

    Stopper(int last) {
      this.last = last;
    }

    @Override
    public void skipped(StepMetrics metrics) {
      skipped.add(metrics);
    }

    @Override
    public void stepQueued(int step) {
      if (step == last) {
        stop.run();
      }
    }
  }

  private TrainSummary run(TrainConfig.Builder of, int workers) {
    return run(of, workers, new Stopper(-1));
  }

  private TrainSummary run(TrainConfig.Builder of, int workers, Stopper stopper) {
    try (Device device = open(workers)) {
      Devices.Choice choice = new Devices.Choice(device, "for a test");
      Trainer trainer = new Trainer(of.build(), choice, stopper);
      stopper.stop = trainer::requestStop;
      return trainer.run();
    }
  }
}
