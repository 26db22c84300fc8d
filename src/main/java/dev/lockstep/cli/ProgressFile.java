package dev.lockstep.cli;

import dev.lockstep.data.FileFailure;
import dev.lockstep.grill.Catalogue;
import dev.lockstep.grill.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Where the drill keeps what was answered. */
final class ProgressFile {
  private static final int VERSION = 1;

  /** What the file holds. */
  private record Content(int version, Map<String, Progress.Standing> questions) {
    Content {
      questions = new TreeMap<>(questions);
      questions.values().forEach(Objects::requireNonNull);
    }
  }

  private final Path file;

  ProgressFile(Path file) {
    this.file = file;
  }

  /** In the folder of the user's data, where none is named. */
  static Path standard() {
    String folder = System.getenv("XDG_DATA_HOME");
    Path data =
        folder == null || folder.isBlank()
            ? Path.of(System.getProperty("user.home"), ".local", "share")
            : Path.of(folder);
    return data.resolve("lockstep").resolve("grill.json");
  }

  Path path() {
    return file;
  }

  /**
   * What was answered so far. A file that cannot be understood is kept under another name, which is
   * said, and the drill starts anew.
   *
   * @throws UserError when it cannot be read, or a newer version wrote it
   */
  Progress read(PrintWriter err) {
    if (!Files.exists(file)) {
      return Progress.none();
    }
    try {
      Content content = JsonMapper.shared().readValue(Files.readAllBytes(file), Content.class);
      if (content.version() > VERSION) {
        throw new UserError(
            "--progress %s was written by a newer version (%d; this one knows %d)"
                .formatted(file, content.version(), VERSION));
      }
      return known(content.questions());
    } catch (IOException e) {
      throw new UserError("--progress " + file + " cannot be read: " + FileFailure.reason(e), e);
    } catch (JacksonException damage) {
      Path aside = setAside();
      err.printf(
          "%s is damaged; it is kept as %s, and the drill starts anew%n",
          file, aside.getFileName());
      return Progress.none();
    }
  }

  /** Questions of other versions are nobody's to ask. */
  private static Progress known(Map<String, Progress.Standing> questions) {
    Map<String, Progress.Standing> known = new TreeMap<>(questions);
    known.keySet().removeIf(id -> Catalogue.find(id).isEmpty());
    return new Progress(known);
  }

  private Path setAside() {
    Path aside = file.resolveSibling(file.getFileName() + ".damaged");
    for (int i = 2; Files.exists(aside); i++) {
      aside = file.resolveSibling(file.getFileName() + ".damaged-" + i);
    }
    try {
      return Files.move(file, aside, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UserError(
          "--progress " + file + " is damaged and cannot be moved: " + FileFailure.reason(e), e);
    }
  }

  /**
   * Finds a bad place before the first question.
   *
   * @throws UserError when nothing can be written there
   */
  void requireWritable() {
    new OutputFile("--progress", file).close();
  }

  /** Writes it anew, beside its place and then moved there. */
  void write(Progress progress) {
    try (OutputFile output = new OutputFile("--progress", file)) {
      output.writeJson(new Content(VERSION, progress.questions()));
    }
  }
}
