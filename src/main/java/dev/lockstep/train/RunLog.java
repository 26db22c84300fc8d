package dev.lockstep.train;

import dev.lockstep.data.FileFailure;
import dev.lockstep.train.health.HealthJson;
import dev.lockstep.train.health.StepHealth;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a run's log tells: the log that {@link MetricsLog} writes, read again, of a run that is over
 * or under way. Where a run went on from a checkpoint, steps done twice count as they were done
 * last.
 *
 * @param file it was read from
 * @param config every knob by name; of the last start, if there were several
 * @param steps in their order
 * @param health of the steps at which it was looked at, in their order
 * @param validations on the way, by step
 * @param validation of the run's end; null before it, and after an interruption
 */
public record RunLog(
    Path file,
    Map<String, String> config,
    List<StepMetrics> steps,
    List<StepHealth> health,
    SortedMap<Integer, Validation> validations,
    @Nullable Validation validation) {

  /** Takes copies. */
  public RunLog {
    steps = List.copyOf(steps);
    health = List.copyOf(health);
    validations = Collections.unmodifiableSortedMap(new TreeMap<>(validations));
  }

  /** What the run learned. */
  public TaskKind task() {
    return TaskKind.of(config);
  }

  /**
   * Reads a log.
   *
   * @param run the log itself, or the folder of a run
   * @throws IllegalArgumentException when there is none or a line is damaged; the message names
   *     file and line. A last line without its end is being written, and left out.
   */
  public static RunLog read(Path run) {
    Path file = Files.isDirectory(run) ? run.resolve(OutputFolder.LOG) : run;
    String text = text(run, file);
    Reader reader = new Reader(file);
    int begin = 0;
    for (int end; (end = text.indexOf('\n', begin)) >= 0; begin = end + 1) {
      reader.line(text.substring(begin, end));
    }
    return reader.log();
  }

  private static String text(Path run, Path file) {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException(
          file.equals(run)
              ? "there is no " + file
              : "%s holds no run: there is no %s in it".formatted(run, OutputFolder.LOG),
          e);
    } catch (MalformedInputException e) {
      throw new IllegalArgumentException(file + " is no log of a run: it is not text", e);
    } catch (IOException e) {
      throw new IllegalArgumentException(file + " cannot be read: " + FileFailure.reason(e), e);
    }
  }

  /** The name a reader knows the run by: its folder. */
  public String name() {
    Path folder = file.toAbsolutePath().normalize().getParent();
    Path name = folder == null ? null : folder.getFileName();
    return name == null ? file.toString() : name.toString();
  }

  /** Takes a log line by line. */
  private static final class Reader {
    private final Path file;
    private final Map<String, String> config = new LinkedHashMap<>();
    private final TreeMap<Integer, StepMetrics> steps = new TreeMap<>();
    private final TreeMap<Integer, StepHealth> health = new TreeMap<>();
    private final TreeMap<Integer, Validation> validations = new TreeMap<>();
    private TaskKind task = TaskKind.TEXT;
    private @Nullable Validation validation;
    private int number;
    private int skippedSoFar;

    Reader(Path file) {
      this.file = file;
    }

    void line(String text) {
      number++;
      JsonNode line = json(text);
      if (number == 1 && !line.has("config")) {
        throw new IllegalArgumentException(
            file + " is no log of a run: its first line has no \"config\"");
      }
      if (line.has("config")) {
        config.clear();
        line.get("config")
            .properties()
            .forEach(knob -> config.put(knob.getKey(), knob.getValue().asString()));
        task = task();
        validation = null;
      } else if (line.has(Validation.mark(task))) {
        Validation found = Validation.of(task, name -> number(line, name));
        if (line.has("step")) {
          validations.put((int) number(line, "step"), found);
        } else {
          validation = found;
        }
      } else if (line.has("health")) {
        StepHealth looked = health(line.get("health"));
        health.put(looked.step(), looked);
      } else if (line.has("step")) {
        StepMetrics metrics = metrics(line);
        steps.put(metrics.step(), metrics);
      }
    }

    private JsonNode json(String text) {
      try {
        return JsonMapper.shared().readTree(text);
      } catch (JacksonException e) {
        throw damaged("is not JSON: " + e.getOriginalMessage());
      }
    }

    private TaskKind task() {
      try {
        return TaskKind.of(config);
      } catch (IllegalArgumentException e) {
        throw damaged("names an " + e.getMessage());
      }
    }

    private StepMetrics metrics(JsonNode line) {
      boolean skipped = line.path("skipped").asBoolean(false);
      skippedSoFar += skipped ? 1 : 0;
      return new StepMetrics(
          (int) number(line, "step"),
          number(line, "loss"),
          number(line, "gradientNorm"),
          number(line, "learningRate"),
          number(line, task.throughput()),
          skipped,
          skippedSoFar,
          line.path("nonFinite").stringValue(null),
          line.has("lossScale") ? number(line, "lossScale") : 1);
    }

    private StepHealth health(JsonNode line) {
      try {
        return HealthJson.read(line);
      } catch (IllegalArgumentException e) {
        throw damaged(String.valueOf(e.getMessage()));
      }
    }

    private double number(JsonNode line, String name) {
      try {
        return HealthJson.number(line, name);
      } catch (IllegalArgumentException e) {
        throw damaged(String.valueOf(e.getMessage()));
      }
    }

    private IllegalArgumentException damaged(String how) {
      return new IllegalArgumentException("%s is damaged: line %d %s".formatted(file, number, how));
    }

    RunLog log() {
      if (number == 0) {
        throw new IllegalArgumentException(file + " holds no line of a run yet");
      }
      return new RunLog(
          file,
          new LinkedHashMap<>(config),
          List.copyOf(steps.values()),
          List.copyOf(health.values()),
          validations,
          validation);
    }
  }
}
