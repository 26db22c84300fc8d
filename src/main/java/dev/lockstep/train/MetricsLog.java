package dev.lockstep.train;

import dev.lockstep.data.FileFailure;
import dev.lockstep.train.health.HealthJson;
import dev.lockstep.train.health.StepHealth;
import java.io.BufferedWriter;
import java.io.CharArrayWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.json.JsonMapper;

/**
 * The metrics of every step, one JSON object a line: {@code {"config": …}} first, then steps, then
 * the fields of the last {@link Validation}. A number that is not finite is a string. Lines are on
 * disk when a report is made, not one by one.
 */
final class MetricsLog implements AutoCloseable {
  private final Path file;
  private final BufferedWriter writer;
  private final long cut;

  /** A line on its way, and what writes it: kept, since there is one for every step. */
  private final CharArrayWriter line = new CharArrayWriter();

  private final JsonGenerator json =
      JsonMapper.shared().writer().withRootValueSeparator("").createGenerator(line);

  private TaskKind task = TaskKind.TEXT;
  private String throughput = task.throughput();
  private boolean scaled;

  private MetricsLog(Path file, BufferedWriter writer, long cut) {
    this.file = file;
    this.writer = writer;
    this.cut = cut;
  }

  /** The log cannot be written any more; the message says why. */
  static final class FailedException extends UncheckedIOException {
    private FailedException(String message, IOException cause) {
      super(message, cause);
    }
  }

  /**
   * Starts a log, or goes on with one. A line that was not written to its end, because a run was
   * killed or the disk full, is taken out: what follows would be part of it.
   *
   * @throws IllegalArgumentException when the file cannot be written
   */
  static MetricsLog open(Path file, boolean append) {
    try {
      long cut = append && Files.exists(file) ? cut(file) : 0;
      BufferedWriter writer =
          Files.newBufferedWriter(
              file,
              StandardOpenOption.CREATE,
              append ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE);
      return new MetricsLog(file, writer, cut);
    } catch (IOException e) {
      throw new IllegalArgumentException(file + " cannot be written: " + FileFailure.reason(e), e);
    }
  }

  /** Leaves only whole lines; the bytes taken out. */
  private static long cut(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      long size = channel.size();
      long end = size;
      while (end > 0) {
        channel.read(one.clear(), end - 1);
        if (one.get(0) == '\n') {
          break;
        }
        end--;
      }
      channel.truncate(end);
      return size - end;
    }
  }

  /** Bytes of an unfinished line that were taken out; 0 when there was none. */
  long cut() {
    return cut;
  }

  /**
   * Begins a run's part of the log.
   *
   * @throws FailedException as every method that writes, when the file cannot be written any more
   */
  void config(TrainConfig config) {
    task = config.task();
    throughput = task.throughput();
    scaled = config.scalesLoss();
    line(Map.of("config", config.describe()));
  }

  void step(StepMetrics metrics) {
    json.writeStartObject();
    json.writeNumberProperty("step", metrics.step());
    json.writeNumberProperty("loss", metrics.loss());
    if (task == TaskKind.TEXT) {
      json.writeNumberProperty("bitsPerByte", metrics.bitsPerByte());
    }
    json.writeNumberProperty("gradientNorm", metrics.gradientNorm());
    json.writeNumberProperty("learningRate", metrics.learningRate());
    json.writeNumberProperty(throughput, metrics.rowsPerSecond());
    json.writeBooleanProperty("skipped", metrics.skipped());
    if (metrics.nonFinite() != null) {
      json.writeStringProperty("nonFinite", metrics.nonFinite());
    }
    if (scaled) {
      json.writeNumberProperty("lossScale", metrics.lossScale());
    }
    json.writeEndObject();
    end();
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
    JsonMapper.shared().writeValue(json, values);
    end();
  }

  private void end() {
    json.writeRaw('\n');
    json.flush();
    try {
      line.writeTo(writer);
    } catch (IOException e) {
      throw unwritable(e);
    }
    line.reset();
  }

  private FailedException unwritable(IOException cause) {
    return new FailedException(file + " cannot be written: " + FileFailure.reason(cause), cause);
  }

  @Override
  public void close() {
    json.close();
    try {
      writer.close();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }
}
