package dev.lockstep.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Something the user has to change. The message is one line: what is wrong, and what is allowed.
 */
final class UserError extends RuntimeException {
  UserError(String message) {
    this(message, null);
  }

  UserError(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Runs what judges the user's input: the arguments it refuses are the user's, not a defect.
   *
   * @throws UserError for an {@link IllegalArgumentException}
   */
  static <T> T judging(Supplier<T> input) {
    try {
      return input.get();
    } catch (IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Refuses a number below {@code least}.
   *
   * @throws UserError naming the option
   */
  static void requireAtLeast(String option, long number, long least) {
    if (number < least) {
      throw new UserError("%s %d must be at least %d".formatted(option, number, least));
    }
  }

  /** What a file operation failed on, without the name of a Java class. */
  static String cause(IOException failure) {
    return switch (failure) {
      case NoSuchFileException e -> "there is no " + e.getFile();
      case AccessDeniedException e -> "no permission for " + e.getFile();
      case FileAlreadyExistsException e -> e.getFile() + " is no directory";
      case FileSystemException e when e.getReason() != null -> e.getReason();
      default -> String.valueOf(failure.getMessage());
    };
  }
}
