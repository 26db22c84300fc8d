package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.lockstep.device.Device;
import dev.lockstep.device.Devices;
import dev.lockstep.nn.FeedForwardKind;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.NormPlacement;
import dev.lockstep.nn.ParameterSpec;
import dev.lockstep.numeric.CounterRandom;
import dev.lockstep.optim.LossScaler;
import dev.lockstep.optim.OptimizerConfig;
import dev.lockstep.train.health.HealthRule;
import dev.lockstep.train.health.HealthWarning;
import dev.lockstep.train.health.StepHealth;
import dev.lockstep.train.health.TensorHealth;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs of nets that are well, and of nets made to be ill. One subclass for each device. */
abstract class HealthTests {
  private static final LanguageModelConfig PRE =
      LanguageModelConfig.builder()
          .context(4)
          .embedding(8)
          .width(24)
          .hidden(40)
          .blocks(3)
          .feedForward(FeedForwardKind.RELU)
          .feedForwardBias(true)
          .build();
  private static final LanguageModelConfig POST =
      PRE.toBuilder().normPlacement(NormPlacement.POST).feedForward(FeedForwardKind.SILU).build();

  /** Gated, without biases, normalised before its blocks. */
  private static final LanguageModelConfig DEFAULT_KIND =
      LanguageModelConfig.builder().context(4).embedding(8).width(24).hidden(40).blocks(4).build();

  @TempDir Path folder;

  private final List<HealthWarning> warnings = new ArrayList<>();
  private final List<StepMetrics> skipped = new ArrayList<>();
  private TrainConfig.Builder config = TrainConfig.builder();

  abstract Device open();

  @BeforeEach
  void text() throws IOException {
    open().close(); // where there is none, the test is skipped here
    String sentence = "the quick brown fox jumps over the lazy dog and runs. ";
    Path text = Files.writeString(folder.resolve("text"), sentence.repeat(4));
    config =
        TrainConfig.builder()
            .model(PRE)
            .precision(Precision.FP32)
            .batch(32)
            .steps(2)
            .warmupSteps(2)
            .data(text)
            .out(folder.resolve("out"))
            .overwrite(true)
            .checkpointEvery(0)
            .sampleLength(0)
            .healthEvery(1);
  }

  @ParameterizedTest
  @CsvSource({"RELU, PRE", "TANH, POST", "GLU, PRE"})
  void aHealthyNetIsNotWarnedOf(FeedForwardKind kind, NormPlacement placement) {
    config.model(PRE.toBuilder().feedForward(kind).normPlacement(placement).build());
    run(config.precision(Precision.BF16).steps(4).healthEvery(2));
    assertThat(warnings).isEmpty();
    List<StepHealth> health = log().health();
    assertThat(health).extracting(StepHealth::step).containsExactly(1, 2, 4);
    assertThat(health.getFirst().activations())
        .extracting(TensorHealth::name)
        .startsWith("emb", "in", "blocks.0.hidden", "blocks.0", "blocks.1.hidden")
        .endsWith("logits");
    for (StepHealth step : health) {
      assertThat(step.rows()).isEqualTo(32);
      assertThat(step.absent()).isEmpty();
      assertThat(step.activations())
          .allSatisfy(tensor -> assertThat(tensor.rms()).isBetween(0.05, 20.0));
      assertThat(step.parameters())
          .allSatisfy(
              one -> {
                assertThat(one.gradient().norm()).isPositive();
                if (one.name().contains("norm") || one.name().endsWith("bias")) {
                  assertThat(one.update()).isEmpty(); // vectors begin at 0 or 1
                } else {
                  assertThat(one.update().orElseThrow()).isBetween(1e-5, 0.1);
                }
              });
    }
  }

  /** What is looked at of a step that is otherwise a graph's, its masks, scale and passes. */
  @Test
  void lookingChangesNoBit() {
    config
        .model(PRE.toBuilder().dropout(0.2).build())
        .precision(Precision.FP16)
        .batch(16)
        .accumulation(2)
        .steps(5);
    TrainSummary looked = run(config.healthEvery(2));
    RunLog log = log();
    assertThat(log.health()).extracting(StepHealth::step).containsExactly(1, 2, 4);
    assertThat(log.steps()).anyMatch(step -> !step.skipped());
    for (StepHealth step : log.health()) {
      double all =
          Math.sqrt(step.gradientNorms().values().stream().mapToDouble(norm -> norm * norm).sum());
      // Summed in double here and in float on the device.
      assertThat(all)
          .isCloseTo(log.steps().get(step.step() - 1).gradientNorm(), withinPercentage(1e-3));
    }
    TrainSummary not = run(config.healthEvery(0));
    assertThat(not.losses()).isEqualTo(looked.losses());
    assertThat(not.validationBitsPerByte()).isEqualTo(looked.validationBitsPerByte());
    assertThat(log().health()).isEmpty();
  }

  /** Even what a backward pass computes once more was there for a moment. */
  @Test
  void recomputingHidesNothingAndChunkedLogitsSaySo() {
    run(config.steps(1));
    StepHealth kept = log().health().getFirst();
    run(config.recompute(true).headMemory(8 * 256 * 4));
    StepHealth less = log().health().getFirst();
    int last = kept.activations().size() - 1;
    assertThat(less.activations()).isEqualTo(kept.activations().subList(0, last));
    assertThat(kept.activations().get(last).name()).isEqualTo("logits");
    assertThat(less.absent()).containsExactly("logits");
  }

  @Test
  void deadUnitsAreCounted() {
    ill(PRE, weights -> Arrays.fill(weights.get("blocks.1.fc1.bias"), 0, 24, -1000f));
    assertThat(warnings)
        .containsExactly(
            new HealthWarning(
                HealthRule.DEAD, "blocks.1", "block 1: 60 % of units dead (0 in all 32 rows)"));
    List<StepHealth> health = log().health();
    assertThat(health.getFirst().warnings()).isEqualTo(warnings);
    assertThat(health.getLast().warnings()).isEmpty(); // said once
    assertThat(tensor(health.getLast(), "blocks.1.hidden").dead())
        .isEqualTo(OptionalDouble.of(0.6));
  }

  @Test
  void saturationIsCounted() {
    LanguageModelConfig tanh = PRE.toBuilder().feedForward(FeedForwardKind.TANH).build();
    ill(tanh, weights -> scale(weights.get("blocks.2.fc1.weight"), 20));
    assertThat(warnings)
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.rule()).isEqualTo(HealthRule.SATURATED);
              assertThat(one.text()).matches("block 2: [89]\\d % of activations saturated");
            });
  }

  /** Each block adds a constant of size 5 to a stream of size 1 and normalises: a fifth is left. */
  @Test
  void aGradientThatVanishesIsFollowed() {
    ill(
        POST,
        weights -> {
          for (int block = 0; block < 3; block++) {
            scale(weights.get("blocks.%d.fc2.weight".formatted(block)), 0);
            float[] bias = weights.get("blocks.%d.fc2.bias".formatted(block));
            for (int i = 0; i < bias.length; i++) {
              bias[i] = (i + block) % 2 == 0 ? 5 : -5;
            }
          }
        });
    assertThat(warnings)
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.rule()).isEqualTo(HealthRule.VANISHING);
              assertThat(one.text())
                  .matches(
                      "gradient norm falls ×0\\.[12]\\d? per layer from block 2 .* to block 0 .*");
            });
  }

  /**
   * Nets as they are drawn, trained at a rate that is a thousand times too high and at one that is
   * not: what their layers come to is nobody's doing but the steps'.
   */
  @Test
  void tooHighARateMakesGradientsExplode() {
    trained(DEFAULT_KIND, 30);
    assertThat(said(HealthRule.EXPLODING))
        .singleElement(STRING)
        .matches("gradient norm grows ×\\d+ per layer from block 3 .* down to block 0 .*");
    assertThat(said(HealthRule.UPDATE))
        .anyMatch(text -> text.matches("block 0: one step changes \\d+ % of blocks.0.down.weight"));
    warnings.clear();
    trained(DEFAULT_KIND, 0.03);
    assertThat(warnings).isEmpty();
  }

  @Test
  void tooHighARateKillsUnits() {
    trained(PRE, 30);
    assertThat(said(HealthRule.DEAD))
        .isNotEmpty()
        .allMatch(text -> text.matches("block \\d: \\d+ % of units dead \\(0 in all 32 rows\\)"));
    warnings.clear();
    trained(PRE, 0.03);
    assertThat(warnings).isEmpty();
  }

  private void trained(LanguageModelConfig model, double rate) {
    config.model(model).optimizer(OptimizerConfig.Kind.SGD).momentum(0).clipNorm(0);
    run(config.learningRate(rate).warmupSteps(0).steps(5));
  }

  private List<String> said(HealthRule rule) {
    return warnings.stream()
        .filter(warning -> warning.rule() == rule)
        .map(HealthWarning::text)
        .toList();
  }

  /**
   * The loss of a step in the middle of a window is known when later steps have moved the weights:
   * what they are by then says nothing of it. Looked at, it is known exactly.
   */
  @ParameterizedTest
  @CsvSource({"0, gradient of emb.weight", "1, activation emb"})
  void laterWeightsAreNotTakenForThoseOfTheStep(int every, String tensor) throws IOException {
    // A letter that is rare, and in batches of one has most steps to itself.
    Path text = Files.writeString(folder.resolve("rare"), ("abcdefghij".repeat(6) + "z").repeat(9));
    config.data(text).batch(1).precision(Precision.FP16).lossScaling(LossScalingMode.NONE);
    config.logEvery(30).healthEvery(every);
    TrainingDivergedException end =
        catchThrowableOfType(
            TrainingDivergedException.class,
            () ->
                ill(
                    PRE,
                    weights -> Arrays.fill(weights.get("emb.weight"), 'z' * 8, 'z' * 8 + 8, 1e30f),
                    1e-3,
                    40));
    assertThat(end.tensor()).isEqualTo(tensor);
  }

  @Test
  void aWeightThatIsNoNumberIsNamed() {
    TrainingDivergedException end =
        catchThrowableOfType(
            TrainingDivergedException.class,
            () -> ill(PRE, weights -> weights.get("blocks.1.fc2.weight")[7] = Float.NaN));
    assertThat(end.tensor()).isEqualTo("parameter blocks.1.fc2.weight");
    assertThat(warnings)
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.rule()).isEqualTo(HealthRule.NON_FINITE);
              assertThat(one.place()).isEqualTo("parameter blocks.1.fc2.weight");
              assertThat(one.text())
                  .matches("parameter blocks.1.fc2.weight \\(first of \\d+\\): 1 of 960 values .*");
            });
    assertThat(log().health().getFirst().warnings()).isEqualTo(warnings);
  }

  /** Whether it is looked at or not: the activation is computed once more. */
  @ParameterizedTest
  @CsvSource({"0", "1"})
  void anActivationThatOverflowsIsNamed(int every) {
    config.precision(Precision.FP16).healthEvery(every);
    TrainingDivergedException end =
        catchThrowableOfType(
            TrainingDivergedException.class,
            () -> ill(PRE, weights -> scale(weights.get("blocks.1.fc1.weight"), 3e4)));
    assertThat(end.tensor()).isEqualTo("activation blocks.1.hidden");
    assertThat(warnings).hasSize(every);
  }

  /** The scale is found by letting gradients overflow, which is no sign of trouble. */
  @Test
  void theFirstGradientThatOverflowsIsNamedAndNotWarnedOf() {
    config.precision(Precision.FP16).lossScaler(new LossScaler.Config(0x1p40, 2, 1, 9, 1, 0x1p60));
    run(config.healthEvery(2).logEvery(1).steps(3));
    assertThat(warnings).isEmpty();
    // The second of these is looked at, and so is the first of a run.
    assertThat(skipped)
        .extracting(StepMetrics::nonFinite)
        .containsExactly(
            "gradient of emb.weight (first of 21)",
            "gradient of emb.weight (first of 21)",
            "gradient of emb.weight");
    assertThat(log().health().getFirst().parameters())
        .allSatisfy(one -> assertThat(one.update()).isEmpty());
  }

  /** What is done to the weights of a net, by their names. */
  private interface Illness {
    void befall(Weights weights);
  }

  /** By parameter name. */
  private record Weights(Map<String, float[]> values) {
    float[] get(String name) {
      return Objects.requireNonNull(values.get(name), name);
    }
  }

  /** Two steps of a net that has been made ill, none of which changes it. */
  private void ill(LanguageModelConfig model, Illness illness) {
    ill(model, illness, 0, 2);
  }

  private void ill(LanguageModelConfig model, Illness illness, double rate, int steps) {
    Weights weights = new Weights(new HashMap<>());
    for (ParameterSpec spec : model.specs()) {
      float[] values = new float[(int) spec.shape().count()];
      for (int i = 0; i < values.length; i++) {
        values[i] = spec.initializer().value(CounterRandom.of(5).child(spec.name()), i);
      }
      weights.values().put(spec.name(), values);
    }
    illness.befall(weights);
    config.model(model).optimizer(OptimizerConfig.Kind.SGD).momentum(0).learningRate(rate);
    Path file = folder.resolve("ill.safetensors");
    new Checkpoint(
            new Checkpoint.Counters(1, 0, 1, 0, 0, Double.POSITIVE_INFINITY, 0),
            config.build().describe(),
            weights.values(),
            Map.of())
        .write(file, model);
    run(config.resume(file).steps(1 + steps));
  }

  private static void scale(float[] values, double factor) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= (float) factor;
    }
  }

  private static TensorHealth tensor(StepHealth step, String name) {
    return step.activations().stream()
        .filter(tensor -> tensor.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private RunLog log() {
    return RunLog.read(folder.resolve("out"));
  }

  private TrainSummary run(TrainConfig.Builder of) {
    TrainListener listener =
        new TrainListener() {
          @Override
          public void warned(int step, HealthWarning warning) {
            warnings.add(warning);
          }

          @Override
          public void skipped(StepMetrics metrics) {
            skipped.add(metrics);
          }
        };
    try (Device device = open()) {
      return new Trainer(of.build(), new Devices.Choice(device, "for a test"), listener).run();
    }
  }
}
