package dev.lockstep.cli;

import dev.lockstep.data.FileFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A file that appears complete or not at all: it is written under a temporary name beside its place
 * and then moved there. What a link points to is replaced, not the link. A device or a pipe, such
 * as {@code /dev/null} or {@code /dev/stdout}, is written to as it is: nothing may take its place.
 */
final class OutputFile implements AutoCloseable {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Path given;
  private final Path file;
  private final Path temporary;

  /**
   * Reserves the place, so that a bad path is found before any work is done.
   *
   * @param option what the user typed the path after, for example {@code --json}
   * @throws UserError when nothing can be written there
   */
  OutputFile(String option, Path file) {
    this.given = file;
    if (Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file)) {
      this.file = file;
      this.temporary = file;
      if (!Files.isWritable(file)) {
        throw new UserError(option + " " + file + " cannot be written: permission denied");
      }
      return;
    }
    this.file = target(file);
    Path folder = this.file.getParent();
    if (folder == null || Files.isDirectory(this.file)) {
      throw new UserError(option + " " + file + " is a directory; give the name of a file");
    }
    this.temporary =
        folder.resolve("." + this.file.getFileName() + "." + ProcessHandle.current().pid());
    try {
      Files.createDirectories(folder);
      Files.write(temporary, new byte[0]);
      temporary.toFile().deleteOnExit(); // Who presses Ctrl-C does not want it either.
    } catch (IOException e) {
      // Nobody asked for the temporary file: it is the folder that takes none.
      String reason = FileFailure.reason(e).replace(temporary.toString(), folder.toString());
      throw new UserError(option + " " + file + " cannot be written: " + reason, e);
    }
  }

  private static Path target(Path file) {
    try {
      return Files.isSymbolicLink(file) ? file.toRealPath() : file.toAbsolutePath();
    } catch (IOException e) {
      return file.toAbsolutePath(); // A link to nothing.
    }
  }

  /** Where it appears, as the user gave it. */
  Path path() {
    return given;
  }

  /**
   * Writes a value as JSON; numbers that are not finite become the strings {@code "NaN"}, {@code
   * "Infinity"} and {@code "-Infinity"}.
   */
  void writeJson(Object content) {
    writeText(MAPPER.writeValueAsString(content));
  }

  /** Writes a text and the end of its last line. */
  void writeText(String content) {
    try {
      // Nothing is to be created here: the constructor did, or it is there.
      Files.writeString(temporary, content + System.lineSeparator(), StandardOpenOption.WRITE);
      move();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  /** Leaves nothing behind when there was nothing to write. */
  @Override
  public void close() {
    if (temporary.equals(file)) {
      return;
    }
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + temporary, e);
    }
  }

  private void move() throws IOException {
    if (temporary.equals(file)) {
      return;
    }
    try {
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
