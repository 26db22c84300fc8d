package dev.lockstep.train;

import dev.lockstep.train.health.HealthJson;
import dev.lockstep.train.health.StepHealth;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * The metrics of every step, one JSON object a line: {@code {"config": …}} first, then steps, then
 * the fields of the last {@link Validation}. A number that is not finite is a string. Lines are on
 * disk when a report is made, not one by one.
 */
final class MetricsLog implements AutoCloseable {
  private final Path file;
  private final BufferedWriter writer;
  private TaskKind task = TaskKind.TEXT;
  private boolean scaled;

  private MetricsLog(Path file, BufferedWriter writer) {
    this.file = file;
    this.writer = writer;
  }

  /**
   * Starts a log, or goes on with one.
   *
   * @throws IllegalArgumentException when the file cannot be written
   */
  static MetricsLog open(Path file, boolean append) {
    try {
      return new MetricsLog(
          file,
          Files.newBufferedWriter(
              file,
              StandardOpenOption.CREATE,
              append ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE));
    } catch (IOException e) {
      throw new IllegalArgumentException(file + " cannot be written: " + OutputFolder.reason(e), e);
    }
  }

  void config(TrainConfig config) {
    task = config.task();
    scaled = config.scalesLoss();
    line(Map.of("config", config.describe()));
  }

  void step(StepMetrics metrics) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("step", metrics.step());
    values.put("loss", metrics.loss());
    if (task == TaskKind.TEXT) {
      values.put("bitsPerByte", metrics.bitsPerByte());
    }
    values.put("gradientNorm", metrics.gradientNorm());
    values.put("learningRate", metrics.learningRate());
    values.put(task.throughput(), metrics.rowsPerSecond());
    values.put("skipped", metrics.skipped());
    if (metrics.nonFinite() != null) {
      values.put("nonFinite", metrics.nonFinite());
    }
    if (scaled) {
      values.put("lossScale", metrics.lossScale());
    }
    line(values);
  }

  /** What a step's tensors looked like. */
  void health(StepHealth step) {
    line(Map.of("health", HealthJson.write(step)));
  }

  /** A validation on the way. */
  void validation(int step, Validation validation) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("step", step);
    values.putAll(validation.fields());
    line(values);
  }

  void validation(Validation validation) {
    line(validation.fields());
  }

  void flush() {
    try {
      writer.flush();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private void line(Map<String, ?> values) {
    try {
      writer.write(JsonMapper.shared().writeValueAsString(values));
      writer.write('\n');
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private RunFileException unwritable(IOException cause) {
    return new RunFileException(file + " cannot be written: " + OutputFolder.reason(cause), cause);
  }

  @Override
  public void close() {
    try {
      writer.close();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }
}
