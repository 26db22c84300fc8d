package dev.lockstep.check.run;

import dev.lockstep.data.FileFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads files a user named. */
final class InputFile {
  private static final String NO_NAME = "the name of a file is missing";

  private InputFile() {}

  /**
   * A text.
   *
   * @throws IllegalArgumentException when it cannot be read, with the reason
   */
  static String text(Path file) {
    try {
      // PTX and JSON are ASCII where it matters; a comment in another encoding must not hurt.
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalArgumentException(problem(file, e), e);
    } catch (OutOfMemoryError e) {
      throw new IllegalArgumentException(file + " is too large", e);
    }
  }

  /**
   * Makes sure that there is something to read.
   *
   * @throws IllegalArgumentException when there is nothing, or a folder
   */
  static void requireThere(Path file) {
    if (file.toString().isEmpty()) {
      throw new IllegalArgumentException(NO_NAME);
    }
    if (Files.notExists(file)) {
      throw new IllegalArgumentException("there is no file " + file);
    }
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(file + " is a directory");
    }
  }

  /** What was wrong, without the name of a Java class. */
  static String problem(Path file, IOException failure) {
    return switch (failure) {
      case IOException _ when file.toString().isEmpty() -> NO_NAME;
      case NoSuchFileException _, AccessDeniedException _ -> FileFailure.reason(failure);
      case IOException _ when Files.isDirectory(file) -> file + " is a directory";
      default -> file + " cannot be read: " + FileFailure.reason(failure);
    };
  }
}
