package dev.lockstep.cli;

import java.util.function.Function;
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

  /** The same for what only judges. */
  static void judging(Runnable input) {
    judging(
        () -> {
          input.run();
          return true;
        });
  }

  /**
   * Reads what was typed after an option.
   *
   * @throws UserError naming the option before what the parser says of the text
   */
  static <T> T parsing(String option, String text, Function<String, T> parser) {
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException e) {
      throw new UserError(option + " " + e.getMessage(), e);
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

  /**
   * Refuses a number above {@code most}.
   *
   * @throws UserError naming the option
   */
  static void requireAtMost(String option, long number, long most) {
    if (number > most) {
      throw new UserError("%s %d must be at most %d".formatted(option, number, most));
    }
  }
}
