package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.optim.LearningRateSchedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The weights of the best validation outlive those of the last step. */
class BestCheckpointTests {
  private static final LanguageModelConfig MODEL =
      LanguageModelConfig.builder().context(2).embedding(4).width(8).hidden(8).blocks(1).build();

  /**
   * One for all runs. Its sanitizer, which other runs of this trainer have, is off: these are many.
   */
  private static final Device DEVICE = Devices.open("sim", DeviceOptions.defaults()).device();

  @TempDir Path folder;

  private TrainConfig.Builder config = TrainConfig.builder();

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  @BeforeEach
  void text() throws IOException {
    Path text =
        Files.writeString(folder.resolve("text"), "Nothing is better than cake. ".repeat(9));
    config =
        TrainConfig.builder()
            .model(MODEL)
            .precision(Precision.FP32)
            .batch(8)
            .steps(18)
            .learningRate(2) // overshoots: validation gets better, and then worse again
            .warmupSteps(24)
            .schedule(LearningRateSchedule.Decay.CONSTANT)
            .validateEvery(2)
            .data(text)
            .out(folder.resolve("out"))
            .overwrite(true)
            .checkpointEvery(0)
            .sampleLength(0);
  }

  @Test
  void isThatOfTheLeastValidationAndNotOfTheLastStep() {
    StoppingListener listener = new StoppingListener();
    TrainSummary summary = run(listener);
    BestCheckpoint best = Objects.requireNonNull(summary.best());
    int least = least(listener);
    assertThat(best.step()).isEqualTo(least).isBetween(2, 16);
    assertThat(best.score())
        .isEqualTo(Objects.requireNonNull(listener.validations().get(least)).score());
    assertThat(best.checkpoint()).isEqualTo(folder.resolve("out/best.safetensors").toString());
    Checkpoint kept = read(best);
    assertThat(kept.step()).isEqualTo(least);
    assertThat(kept.counters().best()).isEqualTo(best.score());
    assertThat(kept.counters().sinceBest()).isZero();
    TrainSummary stopped = run(config.out(folder.resolve("stopped")), new StoppingListener(least));
    Checkpoint then = Checkpoint.read(Path.of(stopped.checkpoint()), MODEL);
    assertThat(then.step()).isEqualTo(least);
    assertSameWeights(kept, then);
    assertThat(summary.toJson()).contains("\"best\" : {", "\"step\" : " + least);
    assertThat(folder.resolve("out").toFile().list())
        .containsExactlyInAnyOrder("checkpoint.safetensors", "best.safetensors", "log.jsonl");
  }

  @Test
  void aRunThatStopsEarlyEndsWithBoth() {
    StoppingListener listener = new StoppingListener();
    TrainSummary summary = run(config.patience(2), listener);
    BestCheckpoint best = Objects.requireNonNull(summary.best());
    assertThat(summary.steps()).isEqualTo(best.step() + 4).isLessThan(18);
    assertThat(Checkpoint.read(Path.of(summary.checkpoint()), MODEL).step())
        .isEqualTo(summary.steps());
    assertThat(summary.validation().score())
        .isEqualTo(listener.validations().lastEntry().getValue().score());
    assertThat(summary.interrupted()).isFalse();
  }

  /** The last step is validated though it is none of every two, and is the best if it is. */
  @Test
  void mayBeThatOfTheLastStep() {
    config.learningRate(1e-3).warmupSteps(0).steps(5);
    TrainSummary summary = run(new StoppingListener());
    BestCheckpoint best = Objects.requireNonNull(summary.best());
    assertThat(best.step()).isEqualTo(5);
    assertThat(best.score()).isEqualTo(summary.validation().score());
    assertThat(RunLog.read(Path.of(summary.log())).validations()).containsOnlyKeys(2, 4, 5);
  }

  @Test
  void thereIsNoneWithoutValidationsOnTheWay() {
    TrainSummary summary = run(config.validateEvery(0).steps(2), new StoppingListener());
    assertThat(summary.best()).isNull();
    assertThat(folder.resolve("out/best.safetensors")).doesNotExist();
  }

  /** Stopped after the best validation, a run remembers it; before, it finds it later. */
  @Test
  void isTheSameInARunThatIsContinued() {
    StoppingListener listener = new StoppingListener();
    TrainSummary whole = run(listener);
    Checkpoint expected = read(Objects.requireNonNull(whole.best()));
    for (int stop : new int[] {least(listener) - 1, least(listener) + 1}) {
      config.out(folder.resolve("to" + stop)).resume(null);
      TrainSummary half = run(config, new StoppingListener(stop));
      TrainSummary rest = run(config.resume(Path.of(half.checkpoint())), new StoppingListener());
      BestCheckpoint best = Objects.requireNonNull(rest.best());
      assertThat(best.step()).isEqualTo(least(listener));
      assertThat(best.score()).isEqualTo(whole.best().score());
      assertSameWeights(read(best), expected);
    }
  }

  @Test
  void anEarlierRunsIsNotTakenForOnesOwn() throws IOException {
    Path best = folder.resolve("out/best.safetensors");
    run(config.steps(6), new StoppingListener());
    assertThat(best).exists();
    run(config.validateEvery(0).steps(1), new StoppingListener());
    assertThat(best).doesNotExist();
    // Nor is what is no checkpoint, or one of another validation.
    config.validateEvery(3).steps(6);
    Path last = Path.of(run(config, new StoppingListener(4)).checkpoint());
    config.validateEvery(0).resume(last).steps(7);
    byte[] own = Files.readAllBytes(best);
    Files.writeString(best, "cake");
    byte[] four = Files.readAllBytes(last);
    assertThat(run(new StoppingListener()).best()).isNull();
    Files.write(last, four);
    Files.write(best, own);
    assertThat(Objects.requireNonNull(run(new StoppingListener()).best()).step()).isEqualTo(3);
    // A run that goes back to before the best one: it remembers another as its best.
    config.validateEvery(3).resume(null).steps(18).out(folder.resolve("back"));
    int least = Objects.requireNonNull(run(new StoppingListener()).best()).step();
    assertThat(least).isGreaterThan(4);
    Files.write(folder.resolve("back/checkpoint.safetensors"), four);
    config.validateEvery(0).resume(folder.resolve("back/checkpoint.safetensors")).steps(5);
    assertThat(run(new StoppingListener()).best()).isNull();
  }

  @Test
  void aRunMayReturnToTheBestAndOverwriteWhatCameAfter() {
    Path best = folder.resolve("out/best.safetensors");
    BestCheckpoint earlier =
        Objects.requireNonNull(run(config.steps(6), new StoppingListener()).best());
    config.validateEvery(0).resume(best).steps(earlier.step() + 1);
    assertThat(run(new StoppingListener()).best()).isEqualTo(earlier);
    assertThat(best).exists();
  }

  private static void assertSameWeights(Checkpoint one, Checkpoint other) {
    assertThat(one.weights().keySet()).isEqualTo(other.weights().keySet());
    for (Map.Entry<String, float[]> weights : one.weights().entrySet()) {
      assertThat(weights.getValue())
          .as(weights.getKey())
          .isEqualTo(other.weights().get(weights.getKey()));
    }
  }

  private static Checkpoint read(BestCheckpoint best) {
    return Checkpoint.read(Path.of(best.checkpoint()), MODEL);
  }

  /** The step of the least validation. */
  private static int least(StoppingListener listener) {
    return listener.validations().entrySet().stream()
        .min(Comparator.comparingDouble(entry -> entry.getValue().score()))
        .map(Map.Entry::getKey)
        .orElseThrow();
  }

  private TrainSummary run(StoppingListener listener) {
    return run(config, listener);
  }

  private static TrainSummary run(TrainConfig.Builder of, StoppingListener listener) {
    return listener.run(of.build(), new Devices.Choice(DEVICE, "for a test"));
  }
}
