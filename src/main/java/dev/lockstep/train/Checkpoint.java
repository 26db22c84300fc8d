package dev.lockstep.train;

import dev.lockstep.data.SafetensorsReader;
import dev.lockstep.data.SafetensorsTensor;
import dev.lockstep.data.SafetensorsWriter;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.LanguageModelParameters;
import dev.lockstep.nn.ParameterSpec;
import dev.lockstep.ops.StepState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A run between two steps, as a safetensors file: each parameter under its own name, AdamW's
 * moments under {@code adamw.first.…} and {@code adamw.second.…}, all f32; counters and every knob
 * of the run in the metadata. Which batches come next follows from seed and step.
 *
 * @param knobs {@link TrainConfig#describe} of the run
 * @param weights by parameter name
 * @param firstMoments by parameter name
 * @param secondMoments by parameter name
 */
public record Checkpoint(
    Counters counters,
    Map<String, String> knobs,
    Map<String, float[]> weights,
    Map<String, float[]> firstMoments,
    Map<String, float[]> secondMoments) {
  private static final String FORMAT = "lockstep.format";
  private static final String VERSION = "1";
  private static final String STEP = "lockstep.step";
  private static final String SKIPPED = "lockstep.skipped";
  private static final String LOSS_SCALE = "lockstep.lossScale";
  private static final String GOOD_STEPS = "lockstep.goodSteps";
  private static final String CONFIG = "config.";
  private static final String FIRST = "adamw.first.";
  private static final String SECOND = "adamw.second.";

  /**
   * What a run has counted.
   *
   * @param step steps done, skipped ones included
   * @param skipped steps among them that changed nothing
   * @param lossScale of the next step; 0 where the loss is not scaled
   * @param goodSteps steps since that scale last changed
   */
  public record Counters(int step, int skipped, float lossScale, int goodSteps) {}

  /** Steps done, skipped ones included. */
  public int step() {
    return counters.step();
  }

  /**
   * Writes the file beside its name and moves it there, so that an older checkpoint stays until the
   * new one is complete.
   *
   * @throws UncheckedIOException when it cannot be written
   */
  public void write(Path file, LanguageModelConfig model) {
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .metadata(FORMAT, VERSION)
            .metadata(STEP, Integer.toString(counters.step()))
            .metadata(SKIPPED, Integer.toString(counters.skipped()))
            .metadata(LOSS_SCALE, Float.toString(counters.lossScale()))
            .metadata(GOOD_STEPS, Integer.toString(counters.goodSteps()));
    knobs.forEach((name, value) -> writer.metadata(CONFIG + name, value));
    List<ParameterSpec> specs = LanguageModelParameters.specs(model);
    add(writer, "", specs, weights);
    add(writer, FIRST, specs, firstMoments);
    add(writer, SECOND, specs, secondMoments);
    try {
      writer.write(file);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "checkpoint " + file + " cannot be written: " + OutputFolder.reason(e), e);
    }
  }

  private static void add(
      SafetensorsWriter writer,
      String prefix,
      List<ParameterSpec> specs,
      Map<String, float[]> values) {
    for (ParameterSpec spec : specs) {
      float[] own = values.get(spec.name());
      if (own == null) {
        throw new IllegalArgumentException("no values for parameter " + spec.name());
      }
      List<Long> shape = Arrays.stream(spec.shape().extents()).boxed().toList();
      writer.add(prefix + spec.name(), shape, own);
    }
  }

  /**
   * Reads a checkpoint of a model of this configuration.
   *
   * @throws IllegalArgumentException when the file is missing, unreadable, no checkpoint of ours,
   *     or of another model; the message says which
   */
  public static Checkpoint read(Path file, LanguageModelConfig model) {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      Map<String, String> metadata = reader.metadata();
      if (!VERSION.equals(metadata.get(FORMAT))) {
        throw new IllegalArgumentException(
            "%s is no checkpoint of this program (%s is %s, not %s)"
                .formatted(file, FORMAT, metadata.get(FORMAT), VERSION));
      }
      requireSameModel(file, metadata, model);
      List<ParameterSpec> specs = LanguageModelParameters.specs(model);
      return new Checkpoint(
          counters(file, metadata),
          knobs(metadata),
          values(file, reader, "", specs),
          values(file, reader, FIRST, specs),
          values(file, reader, SECOND, specs));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "checkpoint " + file + " cannot be read: " + OutputFolder.reason(e), e);
    }
  }

  private static void requireSameModel(
      Path file, Map<String, String> metadata, LanguageModelConfig model) {
    model
        .describe()
        .forEach(
            (name, wanted) -> {
              String stored = metadata.get(CONFIG + "model." + name);
              if (!wanted.equals(stored)) {
                throw new IllegalArgumentException(
                    "checkpoint %s is of another model: its %s is %s, here it is %s"
                        .formatted(file, name, stored, wanted));
              }
            });
  }

  /** Files from before losses were scaled have no loss scale. */
  private static Counters counters(Path file, Map<String, String> metadata) {
    boolean scaled = metadata.containsKey(LOSS_SCALE);
    return new Counters(
        counter(file, metadata, STEP),
        counter(file, metadata, SKIPPED),
        scaled ? lossScale(file, metadata) : 0,
        scaled ? counter(file, metadata, GOOD_STEPS) : 0);
  }

  private static float lossScale(Path file, Map<String, String> metadata) {
    String text = String.valueOf(metadata.get(LOSS_SCALE));
    try {
      float value = Float.parseFloat(text);
      if (value == 0 || (value >= StepState.LEAST_LOSS_SCALE && Float.isFinite(value))) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Reported below, like one out of bounds.
    }
    throw new IllegalArgumentException(
        "checkpoint " + file + " is damaged: " + LOSS_SCALE + " is " + text);
  }

  private static int counter(Path file, Map<String, String> metadata, String key) {
    String text = metadata.getOrDefault(key, "missing");
    try {
      int value = Integer.parseInt(text);
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Reported below, like a negative one.
    }
    throw new IllegalArgumentException(
        "checkpoint " + file + " is damaged: " + key + " is " + text);
  }

  private static Map<String, String> knobs(Map<String, String> metadata) {
    Map<String, String> knobs = new LinkedHashMap<>();
    metadata.forEach(
        (key, value) -> {
          if (key.startsWith(CONFIG)) {
            knobs.put(key.substring(CONFIG.length()), value);
          }
        });
    return knobs;
  }

  private static Map<String, float[]> values(
      Path file, SafetensorsReader reader, String prefix, List<ParameterSpec> specs)
      throws IOException {
    Map<String, float[]> values = new LinkedHashMap<>();
    for (ParameterSpec spec : specs) {
      SafetensorsTensor tensor = reader.tensor(prefix + spec.name());
      if (tensor.count() != spec.shape().count()) {
        throw new IllegalArgumentException(
            "checkpoint %s is damaged: %s has shape %s, expected %s"
                .formatted(file, tensor.name(), tensor.shape(), spec.shape()));
      }
      double[] wide = reader.doubles(tensor.name());
      float[] narrow = new float[wide.length];
      for (int i = 0; i < wide.length; i++) {
        narrow[i] = (float) wide[i]; // stored as f32: exact
      }
      values.put(spec.name(), narrow);
    }
    return values;
  }
}
