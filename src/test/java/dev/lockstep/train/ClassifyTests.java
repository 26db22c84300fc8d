package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.data.Glyphs;
import dev.lockstep.device.Device;
import dev.lockstep.device.Devices;
import dev.lockstep.nn.ClassifierConfig;
import dev.lockstep.nn.LanguageModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole runs that learn digits of ten by ten pixels. One subclass for each device. */
abstract class ClassifyTests {
  private static final int SIDE = 10;

  private static final ClassifierConfig MODEL =
      ClassifierConfig.builder().features(SIDE * SIDE).width(24).hidden(40).blocks(1).build();

  @TempDir Path folder;

  private TrainConfig.Builder config = TrainConfig.builder();

  /** The device, with that many workers where it has any; 0 takes its own number. */
  abstract Device open(int workers);

  @BeforeEach
  void digits() throws IOException {
    open(0).close(); // where there is none, the test is skipped here
    Path data = Files.createDirectory(folder.resolve("data"));
    Glyphs.write(data, "train", 300, SIDE, 1);
    Glyphs.write(data, "t10k", 50, SIDE, 2);
    config =
        TrainConfig.builder()
            .model(MODEL)
            .batch(32)
            .steps(6)
            .warmupSteps(2)
            .learningRate(1e-2)
            .data(data)
            .out(folder.resolve("out"))
            .overwrite(true)
            .checkpointEvery(0);
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP32"})
  void learnsThem(Precision precision) {
    TrainSummary summary = run(config.precision(precision).steps(40), 0);
    Validation.Classification end = (Validation.Classification) summary.validation();
    assertThat(summary.losses().getLast()).isLessThan(0.2 * summary.losses().getFirst());
    assertThat(end.accuracy()).isGreaterThan(0.8);
    assertThat(end.loss()).isLessThan(1);
    // Digits come in turn: none is more frequent, and the first of all is as good as any.
    Baselines.Majority majority = (Baselines.Majority) summary.baselines();
    assertThat(majority.label()).isZero();
    assertThat(majority.accuracy()).isEqualTo(0.1);
    assertThat(majority.loss()).isCloseTo(Math.log(10), within(1e-12));
  }

  @Test
  void theSameSeedGivesTheSameBitsOnAnyNumberOfWorkers() {
    TrainSummary one = run(config, 1);
    TrainSummary two = run(config, 2);
    assertThat(two.losses()).isEqualTo(one.losses());
    assertThat(two.validation()).isEqualTo(one.validation());
    assertThat(run(config.seed(2).steps(1), 2).losses()).isNotEqualTo(one.losses().subList(0, 1));
  }

  /** Twelve steps of 2 · 16 are an epoch of 300 and the beginning of a second. */
  @Test
  void goingOnFromACheckpointIsTheSameRun() {
    config.model(MODEL.toBuilder().dropout(0.2).build()).precision(Precision.FP16);
    config.batch(16).accumulation(2).steps(12).validateEvery(4);
    TrainSummary whole = run(config, 0);
    TrainSummary half = run(config, 0, new StoppingListener(7));
    assertThat(half.interrupted()).isTrue();
    assertThat(half.validation()).isEqualTo(new Validation.Classification(Double.NaN, Double.NaN));
    TrainSummary rest = run(config.resume(Path.of(half.checkpoint())), 0);
    assertThat(rest.losses()).isEqualTo(whole.losses().subList(7, 12));
    assertThat(rest.validation()).isEqualTo(whole.validation());
    assertThat(rest.best()).isEqualTo(whole.best());
  }

  /** What is counted is what the logits of each image say. */
  @Test
  void accuracyIsTheShareOfHeldOutImagesThatAreNamedRight() {
    StoppingListener listener = new StoppingListener();
    TrainSummary summary = run(config.steps(20).validateEvery(10).batch(7), 0, listener);
    assertThat(listener.validations()).hasSize(2);
    for (Validation validation : listener.validations().values()) {
      double hits = 50 * ((Validation.Classification) validation).accuracy();
      assertThat(hits).isCloseTo(Math.rint(hits), within(1e-9)).isBetween(0.0, 50.0);
    }
    assertThat(summary.validation()).isEqualTo(listener.validations().lastEntry().getValue());
    // Batches of another size hold the same images.
    TrainSummary other = run(config.learningRate(0).steps(1).validateEvery(0).batch(50), 0);
    TrainSummary again = run(config.batch(9), 0);
    assertThat(((Validation.Classification) again.validation()).accuracy())
        .isEqualTo(((Validation.Classification) other.validation()).accuracy());
  }

  @Test
  void theSummaryAndTheLogSpeakOfImages() throws IOException {
    StoppingListener listener = new StoppingListener();
    TrainSummary summary = run(config.validateEvery(3), 0, listener);
    RunInfo info = listener.info();
    assertThat(info.trainingSize()).isEqualTo(300);
    assertThat(info.heldOutSize()).isEqualTo(50);
    assertThat(summary.toJson())
        .contains("\"task\" : \"classify\"", "\"validationLoss\"", "\"validationAccuracy\"")
        .contains("\"baselines\"", "\"label\" : 0", "\"best\"")
        .doesNotContain("validationBitsPerByte", "headMemory", "sampleLength", "temperature");
    assertThat(Files.readString(Path.of(summary.log())))
        .contains("\"imagesPerSecond\"")
        .doesNotContain("bitsPerByte", "tokensPerSecond");
    RunLog log = RunLog.read(Path.of(summary.log()));
    assertThat(log.task()).isEqualTo(TaskKind.CLASSIFY);
    assertThat(log.validation()).isEqualTo(summary.validation());
    assertThat(log.validations().keySet()).containsExactly(3, 6);
    assertThat(log.steps()).extracting(StepMetrics::loss).isEqualTo(summary.losses());
    assertThatThrownBy(summary::validationBitsPerByte).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void itsCheckpointIsNoLanguageModel() {
    Path file = Path.of(run(config.steps(1), 0).checkpoint());
    assertThat(Checkpoint.model(file)).isEqualTo(MODEL);
    assertThatThrownBy(() -> new Generation(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "checkpoint %s is of a run that learned to classify: it generates no text", file);
    assertThatThrownBy(() -> Checkpoint.read(file, LanguageModelConfig.defaults()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("checkpoint %s is of a run with task classify, here it is text", file);
    config.model(MODEL.toBuilder().width(8).build()).resume(file);
    assertThatThrownBy(() -> run(config, 0)).hasMessageContaining("its width is 24, here it is 8");
  }

  @Test
  void refusesImagesOfAnotherSizeAndOtherClasses() {
    assertThatThrownBy(() -> run(config.model(ClassifierConfig.defaults()), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("has images of 10 x 10 pixels; the model takes 784");
    assertThatThrownBy(() -> run(config.model(MODEL.toBuilder().classes(11).build()), 0))
        .hasMessage("classes 11 must be 10, the digits there are");
  }

  private TrainSummary run(TrainConfig.Builder of, int workers) {
    return run(of, workers, new StoppingListener());
  }

  private TrainSummary run(TrainConfig.Builder of, int workers, StoppingListener listener) {
    try (Device device = open(workers)) {
      return listener.run(of.build(), new Devices.Choice(device, "for a test"));
    }
  }
}
