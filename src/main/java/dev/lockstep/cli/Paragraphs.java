package dev.lockstep.cli;

import java.util.ArrayList;
import java.util.List;

/** Sentences broken into lines. */
final class Paragraphs {
  private static final int WIDTH = 96;

  private Paragraphs() {}

  /** Lines of at most 96 characters, broken between words. */
  static List<String> wrapped(String text) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ")) {
      if (!line.isEmpty() && line.length() + 1 + word.length() > WIDTH) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }
}
