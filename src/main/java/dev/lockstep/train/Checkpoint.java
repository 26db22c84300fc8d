package dev.lockstep.train;

import dev.lockstep.data.FileFailure;
import dev.lockstep.data.SafetensorsWriter;
import dev.lockstep.nn.ModelConfig;
import dev.lockstep.nn.ParameterSpec;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A run between two steps, as a safetensors file: each parameter under its own name, the
 * optimizer's moments under names such as {@code adamw.first.…}, all f32; counters and every knob
 * of the run in the metadata, and a checksum of it all. Which batches come next follows from seed
 * and step.
 *
 * @param knobs {@link TrainConfig#describe} of the run
 * @param weights by parameter name
 * @param moments by their names, each by parameter name
 */
public record Checkpoint(
    Counters counters,
    Map<String, String> knobs,
    Map<String, float[]> weights,
    Map<String, Map<String, float[]>> moments) {
  /**
   * What a run has counted.
   *
   * @param step steps done, skipped ones included
   * @param skipped steps among them that changed nothing
   * @param lossScale of the next step; 0 where the loss is not scaled
   * @param goodSteps steps since that scale last changed
   * @param dropoutOffset where the masks of the next step come from
   * @param best the least {@link Validation#score} so far; infinite before the first
   * @param sinceBest validations since
   */
  public record Counters(
      int step,
      int skipped,
      float lossScale,
      int goodSteps,
      long dropoutOffset,
      double best,
      int sinceBest) {}

  /** Steps done, skipped ones included. */
  public int step() {
    return counters.step();
  }

  /** Where the checkpoint before the one of that name is kept. */
  static Path previous(Path file) {
    String name = String.valueOf(file.getFileName());
    int dot = name.lastIndexOf('.');
    int stem = dot > 0 ? dot : name.length();
    return file.resolveSibling(name.substring(0, stem) + ".previous" + name.substring(stem));
  }

  /**
   * Writes the file beside its name and moves it there, so that an older checkpoint stays until the
   * new one is complete; that one is kept as the {@link #previous}.
   *
   * @throws RunFileException when it cannot be written
   */
  public void write(Path file, ModelConfig model) {
    write(file, model, () -> keep(file));
  }

  /**
   * The same, but nothing is left of an older one.
   *
   * @throws RunFileException when it cannot be written; the older one is then as it was
   */
  public void replace(Path file, ModelConfig model) {
    write(file, model, () -> {});
  }

  private void write(Path file, ModelConfig model, SafetensorsWriter.BeforeReplacing last) {
    List<ParameterSpec> specs = model.specs();
    try {
      CheckpointFile.writer(this, specs).write(file, last);
    } catch (IOException e) {
      throw new RunFileException(
          "checkpoint %s cannot be written: %s%s"
              .formatted(file, FileFailure.reason(e), kept(file)),
          e);
    }
  }

  private static String kept(Path file) {
    return Files.isRegularFile(file) ? "; the one before it is as it was" : "";
  }

  /** Gives the file a second name; at no moment is there none of the first. */
  private static void keep(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return;
    }
    Path previous = previous(file);
    Files.deleteIfExists(previous);
    try {
      Files.createLink(previous, file);
    } catch (UnsupportedOperationException | FileAlreadyExistsException e) {
      Files.copy(file, previous);
    }
  }

  /**
   * Reads a checkpoint of a model of this configuration.
   *
   * @throws IllegalArgumentException when the file is missing, unreadable, no checkpoint of ours,
   *     or of another model; the message says which, and where there is one before it
   */
  public static Checkpoint read(Path file, ModelConfig model) {
    try {
      return CheckpointFile.read(file, model);
    } catch (IOException e) {
      throw new IllegalArgumentException(problem(file, e) + before(file), e);
    } catch (CheckpointFile.Damaged e) {
      throw new IllegalArgumentException(e.getMessage() + before(file), e);
    }
  }

  /**
   * The model a checkpoint is of.
   *
   * @throws IllegalArgumentException as {@link #read}
   */
  public static ModelConfig model(Path file) {
    try {
      return CheckpointFile.model(file);
    } catch (IOException e) {
      throw new IllegalArgumentException(problem(file, e) + before(file), e);
    } catch (CheckpointFile.Damaged e) {
      throw new IllegalArgumentException(e.getMessage() + before(file), e);
    }
  }

  /** Names the file once, though some reasons begin with it. */
  private static String problem(Path file, IOException e) {
    String reason = FileFailure.reason(e);
    String named = file + ": ";
    return "checkpoint %s cannot be read: %s"
        .formatted(file, reason.startsWith(named) ? reason.substring(named.length()) : reason);
  }

  /** Names the checkpoint before a bad one, if there is a good one. */
  private static String before(Path file) {
    Path previous = previous(file);
    try {
      return "; the one before it, of step %d, is %s"
          .formatted(
              CheckpointFile.read(previous, CheckpointFile.model(previous)).step(), previous);
    } catch (IOException | IllegalArgumentException none) {
      return "";
    }
  }
}
