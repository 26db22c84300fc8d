package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.data.Batch;
import dev.lockstep.data.SafetensorsReader;
import dev.lockstep.device.Device;
import dev.lockstep.device.Graphs;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.FeedForwardKind;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.ModelParameters;
import dev.lockstep.nn.NetworkTolerance;
import dev.lockstep.nn.NormKind;
import dev.lockstep.nn.OpSet;
import dev.lockstep.nn.Parameter;
import dev.lockstep.nn.Parameters;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.optim.LearningRateSchedule;
import dev.lockstep.optim.WeightDecayScope;
import dev.lockstep.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Fifty steps of a small language model, step by step beside PyTorch's: losses, gradient norms,
 * first gradients, final weights. One subclass for each device.
 *
 * <p>PyTorch's own fp32 run stays within 3e-6 (losses and weights) and 2e-5 (norms) of its fp64
 * run. Rounding differs from one correct implementation to the next, and fifty steps amplify it.
 */
abstract class CharacterModelGoldenTests {
  private static final Path GOLDENS = Path.of("src", "test", "resources", "goldens");
  private static final int STEPS = 50;
  private static final int BLOCKS = 2;
  private static final String FIRST_GRADIENT = "out.step1.grad.";
  private static final String LOSSES = "losses";
  private static final String NORMS = "gradient norms";

  /** How far a run may be from PyTorch's, by the precision it computes in. */
  private sealed interface Band {
    Precision precision();

    void compare(String name, double[] got, double[] expected);

    /** Ten times what PyTorch's own fp32 run differs from its fp64 run, element by element. */
    record Fp32() implements Band {
      @Override
      public Precision precision() {
        return Precision.FP32;
      }

      @Override
      public void compare(String name, double[] got, double[] expected) {
        double tolerance = name.equals(NORMS) ? 2e-4 : 3e-5;
        for (int i = 0; i < got.length; i++) {
          // Written so that NaN fails.
          assertThat(Math.abs(got[i] - expected[i]) <= tolerance)
              .as("%s[%d]: got %s, expected %s ± %s", name, i, got[i], expected[i], tolerance)
              .isTrue();
        }
      }
    }

    /**
     * What {@link NetworkTolerance} allows for storing in 16 bits, of the root mean square of a
     * tensor, and of the largest loss and norm. Single weights say nothing: Adam's first update has
     * the sign of a gradient and not its size.
     */
    record SixteenBit(Precision precision, int blocks, double[] rates) implements Band {
      @Override
      public void compare(String name, double[] got, double[] expected) {
        double tolerance =
            name.startsWith(FIRST_GRADIENT)
                ? NetworkTolerance.averaged(precision.dtype(), blocks)
                : NetworkTolerance.trained(precision.dtype(), blocks, rates);
        boolean series = name.equals(LOSSES) || name.equals(NORMS);
        double off = 0;
        double size = 0;
        for (int i = 0; i < got.length; i++) {
          double error = Math.abs(got[i] - expected[i]);
          off = series ? Math.max(off, error) : Math.hypot(off, error);
          size = series ? Math.max(size, expected[i]) : Math.hypot(size, expected[i]);
        }
        assertThat(off <= tolerance * size)
            .as("%s in %s: off by %s of %s", name, precision.label(), off, size)
            .isTrue();
      }
    }

    static Band of(TrainConfig config) {
      LearningRateSchedule schedule = config.schedule();
      return config.precision() == Precision.FP32
          ? new Fp32()
          : new SixteenBit(
              config.precision(),
              BLOCKS,
              IntStream.range(0, STEPS).mapToDouble(schedule::at).toArray());
    }
  }

  abstract Device open();

  @ParameterizedTest
  @CsvSource({
    "FP32, untied_V27_E8_D24_H48_B32_decay_all, 27, 8, 24, 48, false, ALL, 1e-2",
    "FP32, tied_V29_E20_D20_H56_B32_decay_matrices, 29, 20, 20, 56, true, MATRICES, 8e-3",
    "BF16, untied_V27_E8_D24_H48_B32_decay_all, 27, 8, 24, 48, false, ALL, 1e-2",
    "BF16, tied_V29_E20_D20_H56_B32_decay_matrices, 29, 20, 20, 56, true, MATRICES, 8e-3",
    "FP16, untied_V27_E8_D24_H48_B32_decay_all, 27, 8, 24, 48, false, ALL, 1e-2",
    "FP16, tied_V29_E20_D20_H56_B32_decay_matrices, 29, 20, 20, 56, true, MATRICES, 8e-3",
  })
  void followsPyTorch(
      Precision precision,
      String name,
      int vocabulary,
      int embedding,
      int width,
      int hidden,
      boolean tied,
      WeightDecayScope scope,
      double learningRate)
      throws IOException {
    LanguageModelConfig model =
        LanguageModelConfig.builder()
            .vocabulary(vocabulary)
            .context(8)
            .embedding(embedding)
            .width(width)
            .hidden(hidden)
            .blocks(BLOCKS)
            .norm(NormKind.RMSNORM)
            .feedForward(FeedForwardKind.SWIGLU)
            .feedForwardBias(false)
            .headBias(false)
            .tiedHead(tied)
            .normEpsilon(1e-6)
            .build();
    TrainConfig config =
        TrainConfig.builder()
            .model(model)
            .precision(precision)
            .steps(STEPS)
            .batch(32)
            .learningRate(learningRate)
            .warmupSteps(5)
            .beta2(0.95)
            .weightDecayScope(scope)
            .logEvery(STEPS)
            .build();
    Band band = Band.of(config);
    Path file = GOLDENS.resolve("char_lm_training_" + name + ".safetensors");
    try (SafetensorsReader golden = SafetensorsReader.open(file);
        Device device = open();
        KernelLibrary library = new KernelLibrary(device);
        Stream stream = device.newStream();
        Parameters parameters =
            new Parameters(library, ModelParameters.specs(model), precision.dtype());
        StepWindow window = new StepWindow(device, config, device.newStream());
        TrainingStep step =
            new TrainingStep(
                config,
                library,
                OpSet.of(library),
                parameters,
                window,
                device.capability(Graphs.class).orElse(null),
                stream)) {
      parameters.load(stream, inputs(golden, parameters));
      fillBatches(golden, window, config);
      LearningRateSchedule schedule = config.schedule();
      for (int t = 0; t < STEPS; t++) {
        step.queue(stream, t, schedule.at(t));
        if (t == 0) {
          double scale = config.scalesLoss() ? config.compute().lossScaler().initial() : 1;
          compareAll(
              golden, FIRST_GRADIENT, parameters, stream, parameters.gradients(), scale, band);
          if (precision == Precision.FP32) {
            compareAll(
                golden, "out.step1.param.", parameters, stream, parameters.masters(), 1, band);
          }
        }
      }
      compareAll(golden, "out.final.", parameters, stream, parameters.masters(), 1, band);
      List<StepWindow.Outcome> outcomes = window.read(stream, STEPS);
      compare(
          band,
          LOSSES,
          outcomes.stream().mapToDouble(StepWindow.Outcome::loss).toArray(),
          golden.doubles("out.losses"));
      compare(
          band,
          NORMS,
          outcomes.stream().mapToDouble(outcome -> outcome.state().norm()).toArray(),
          golden.doubles("out.grad_norms"));
      assertThat(outcomes.getLast().state().step()).isEqualTo(STEPS);
    }
  }

  private static Map<String, float[]> inputs(SafetensorsReader golden, Parameters parameters)
      throws IOException {
    Map<String, float[]> values = new HashMap<>();
    for (Parameter parameter : parameters.list()) {
      double[] wide = golden.doubles("in." + parameter.name());
      float[] narrow = new float[wide.length];
      for (int i = 0; i < narrow.length; i++) {
        narrow[i] = (float) wide[i];
      }
      values.put(parameter.name(), narrow);
    }
    return values;
  }

  private static void fillBatches(SafetensorsReader golden, StepWindow window, TrainConfig config)
      throws IOException {
    int[] ids = golden.ints("in.ids");
    int[] targets = golden.ints("in.targets");
    int rows = config.batch();
    int perBatch = rows * config.model().inputWords();
    for (int t = 0; t < STEPS; t++) {
      Batch batch = window.batch(t, 0);
      MemorySegment.copy(ids, t * perBatch, batch.inputs(), ValueLayout.JAVA_INT, 0, perBatch);
      MemorySegment.copy(targets, t * rows, batch.targets(), ValueLayout.JAVA_INT, 0, rows);
    }
  }

  private static void compareAll(
      SafetensorsReader golden,
      String prefix,
      Parameters parameters,
      Stream stream,
      Tensor flat,
      double scale,
      Band band)
      throws IOException {
    for (Map.Entry<String, float[]> entry : parameters.read(stream, flat).entrySet()) {
      double[] got = new double[entry.getValue().length];
      for (int i = 0; i < got.length; i++) {
        got[i] = entry.getValue()[i] / scale;
      }
      String name = prefix + entry.getKey();
      compare(band, name, got, golden.doubles(name));
    }
  }

  private static void compare(Band band, String name, double[] got, double[] expected) {
    assertThat(got).as(name).hasSameSizeAs(expected);
    band.compare(name, got, expected);
  }
}
