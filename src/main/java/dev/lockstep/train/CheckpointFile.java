package dev.lockstep.train;

import dev.lockstep.data.SafetensorsReader;
import dev.lockstep.data.SafetensorsTensor;
import dev.lockstep.data.SafetensorsWriter;
import dev.lockstep.nn.ModelConfig;
import dev.lockstep.nn.ParameterSpec;
import dev.lockstep.ops.StepState;
import dev.lockstep.optim.OptimizerConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.zip.CRC32C;

/** How a {@link Checkpoint} lies in its file. */
final class CheckpointFile {
  private static final String FORMAT = "lockstep.format";
  private static final int VERSION = 2;
  private static final String STEP = "lockstep.step";
  private static final String SKIPPED = "lockstep.skipped";
  private static final String LOSS_SCALE = "lockstep.lossScale";
  private static final String GOOD_STEPS = "lockstep.goodSteps";
  private static final String DROPOUT = "lockstep.dropoutOffset";
  private static final String BEST = "lockstep.bestValidation";
  private static final String SINCE_BEST = "lockstep.validationsSinceBest";
  private static final String CHECKSUM = "lockstep.crc32c";
  private static final String CONFIG = "config.";
  private static final String MODEL = CONFIG + "model.";

  /** Knobs that may be others in a run that goes on: they say nothing about the weights' shapes. */
  private static final Set<String> FREE = Set.of("initialization", "dropout");

  private CheckpointFile() {}

  /** Not a checkpoint this program can go on from; the message says why. */
  static final class Damaged extends IllegalArgumentException {
    Damaged(String message) {
      super(message);
    }
  }

  static SafetensorsWriter writer(Checkpoint checkpoint, List<ParameterSpec> specs) {
    Map<String, String> metadata = new TreeMap<>();
    Checkpoint.Counters counters = checkpoint.counters();
    metadata.put(FORMAT, Integer.toString(VERSION));
    metadata.put(STEP, Integer.toString(counters.step()));
    metadata.put(SKIPPED, Integer.toString(counters.skipped()));
    metadata.put(LOSS_SCALE, Float.toString(counters.lossScale()));
    metadata.put(GOOD_STEPS, Integer.toString(counters.goodSteps()));
    metadata.put(DROPOUT, Long.toString(counters.dropoutOffset()));
    metadata.put(BEST, Double.toString(counters.best()));
    metadata.put(SINCE_BEST, Integer.toString(counters.sinceBest()));
    checkpoint.knobs().forEach((name, value) -> metadata.put(CONFIG + name, value));
    SafetensorsWriter writer = new SafetensorsWriter();
    add(writer, "", specs, checkpoint.weights());
    checkpoint.moments().forEach((name, values) -> add(writer, name + ".", specs, values));
    metadata.put(CHECKSUM, checksum(metadata, specs, checkpoint));
    metadata.forEach(writer::metadata);
    return writer;
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

  /** Of everything but itself. */
  private static String checksum(
      Map<String, String> metadata, List<ParameterSpec> specs, Checkpoint checkpoint) {
    CRC32C crc = new CRC32C();
    new TreeMap<>(metadata)
        .forEach(
            (key, value) -> {
              if (!key.equals(CHECKSUM)) {
                crc.update((key + "=" + value + "\n").getBytes(StandardCharsets.UTF_8));
              }
            });
    update(crc, specs, checkpoint.weights());
    new TreeMap<>(checkpoint.moments()).values().forEach(values -> update(crc, specs, values));
    return Long.toHexString(crc.getValue());
  }

  private static void update(CRC32C crc, List<ParameterSpec> specs, Map<String, float[]> values) {
    for (ParameterSpec spec : specs) {
      float[] own = values.getOrDefault(spec.name(), new float[0]);
      ByteBuffer bytes = ByteBuffer.allocate(own.length * Float.BYTES);
      bytes.asFloatBuffer().put(own);
      crc.update(bytes);
    }
  }

  static ModelConfig model(Path file) throws IOException {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      requireFormat(file, reader.metadata());
      return model(file, reader.metadata());
    }
  }

  static Checkpoint read(Path file, ModelConfig model) throws IOException {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      Map<String, String> metadata = reader.metadata();
      int version = requireFormat(file, metadata);
      requireSameModel(file, metadata, model);
      Checkpoint.Counters counters = counters(file, metadata, version);
      List<ParameterSpec> specs = model.specs();
      Map<String, String> knobs = knobs(metadata, CONFIG);
      Map<String, float[]> weights = values(file, reader, "", specs);
      Map<String, Map<String, float[]>> moments = new LinkedHashMap<>();
      for (String moment : moments(file, knobs)) {
        moments.put(moment, values(file, reader, moment + ".", specs));
      }
      Checkpoint checkpoint = new Checkpoint(counters, knobs, weights, moments);
      if (version >= 2 && !checksum(metadata, specs, checkpoint).equals(metadata.get(CHECKSUM))) {
        throw new Damaged("checkpoint " + file + " is damaged: its checksum is another");
      }
      return checkpoint;
    }
  }

  private static int requireFormat(Path file, Map<String, String> metadata) {
    String format = metadata.get(FORMAT);
    if (format == null || !format.matches("[1-9][0-9]{0,8}")) {
      throw new Damaged(
          "%s is no checkpoint of this program (%s is %s)".formatted(file, FORMAT, format));
    }
    int version = Integer.parseInt(format);
    if (version > VERSION) {
      throw new Damaged(
          "checkpoint %s was written by a newer version of this program (format %d; this one reads"
                  .formatted(file, version)
              + " up to %d)".formatted(VERSION));
    }
    return version;
  }

  private static void requireSameModel(Path file, Map<String, String> metadata, ModelConfig model) {
    ModelConfig own = model(file, metadata);
    if (TaskKind.of(own) != TaskKind.of(model)) {
      throw new IllegalArgumentException(
          "checkpoint %s is of a run with task %s, here it is %s"
              .formatted(file, TaskKind.of(own).label(), TaskKind.of(model).label()));
    }
    Map<String, String> stored = own.describe();
    model
        .describe()
        .forEach(
            (name, wanted) -> {
              if (!wanted.equals(stored.get(name)) && !FREE.contains(name)) {
                throw new IllegalArgumentException(
                    "checkpoint %s is of another model: its %s is %s, here it is %s"
                        .formatted(file, name, stored.get(name), wanted));
              }
            });
  }

  private static ModelConfig model(Path file, Map<String, String> metadata) {
    try {
      return TaskKind.of(knobs(metadata, CONFIG)).model(knobs(metadata, MODEL));
    } catch (IllegalArgumentException e) {
      throw new Damaged("checkpoint " + file + " is damaged: " + e.getMessage());
    }
  }

  /** Files of the first format know AdamW alone. */
  private static List<String> moments(Path file, Map<String, String> knobs) {
    try {
      return OptimizerConfig.Kind.of(knobs.getOrDefault("optimizer", "adamw"))
          .moments(Double.parseDouble(knobs.getOrDefault("momentum", "0")));
    } catch (IllegalArgumentException e) {
      throw new Damaged("checkpoint " + file + " is damaged: " + e.getMessage());
    }
  }

  /** The first format had the first two alone. */
  private static Checkpoint.Counters counters(
      Path file, Map<String, String> metadata, int version) {
    Map<String, String> all = new LinkedHashMap<>(metadata);
    if (version == 1) {
      all.putAll(
          Map.of(
              LOSS_SCALE, "0", GOOD_STEPS, "0", DROPOUT, "0", BEST, "Infinity", SINCE_BEST, "0"));
    }
    return new Checkpoint.Counters(
        count(file, all, STEP, Integer::valueOf),
        count(file, all, SKIPPED, Integer::valueOf),
        lossScale(file, all),
        count(file, all, GOOD_STEPS, Integer::valueOf),
        count(file, all, DROPOUT, Long::valueOf),
        count(file, all, BEST, Double::valueOf),
        count(file, all, SINCE_BEST, Integer::valueOf));
  }

  private static float lossScale(Path file, Map<String, String> metadata) {
    float value = count(file, metadata, LOSS_SCALE, Float::valueOf);
    if (value == 0 || (value >= StepState.LEAST_LOSS_SCALE && value < Float.POSITIVE_INFINITY)) {
      return value;
    }
    throw new Damaged("checkpoint " + file + " is damaged: " + LOSS_SCALE + " is " + value);
  }

  private static <N extends Number> N count(
      Path file, Map<String, String> metadata, String key, Function<String, N> number) {
    String text = metadata.getOrDefault(key, "missing");
    try {
      N value = number.apply(text);
      if (value.doubleValue() >= 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Reported below, like a negative one.
    }
    throw new Damaged("checkpoint " + file + " is damaged: " + key + " is " + text);
  }

  private static Map<String, String> knobs(Map<String, String> metadata, String prefix) {
    Map<String, String> knobs = new LinkedHashMap<>();
    metadata.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            knobs.put(key.substring(prefix.length()), value);
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
        throw new Damaged(
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
