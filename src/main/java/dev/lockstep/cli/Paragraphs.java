package dev.lockstep.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sentences broken into lines that fit the terminal. */
final class Paragraphs {
  /** Longer lines are hard to read, whatever the terminal has. */
  private static final int LONGEST = 98;

  /** In fewer columns nothing but the longest words is broken off. */
  private static final int SHORTEST = 20;

  private static final int COLUMNS = columns(System.getenv("COLUMNS"));

  private Paragraphs() {}

  /** Characters in a line of the terminal; the launcher asks it, as the JVM cannot. */
  static int columns() {
    return COLUMNS;
  }

  /**
   * Characters in a line.
   *
   * @param told what the environment says, as a shell does in {@code COLUMNS}
   */
  static int columns(@Nullable String told) {
    if (told == null || !told.matches("[0-9]{1,6}")) {
      return LONGEST;
    }
    return Math.clamp(Integer.parseInt(told), SHORTEST, LONGEST);
  }

  /** Lines for the terminal, broken between words, with room for two more characters. */
  static List<String> wrapped(String text) {
    return wrapped(text, COLUMNS - 2);
  }

  /** Lines of at most {@code width} characters, broken between words. */
  static List<String> wrapped(String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ")) {
      if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }
}
