package dev.lockstep.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/**
 * Questions and answers at a terminal or through pipes.
 *
 * @param in where answers come from
 * @param out where questions go
 */
record Dialogue(BufferedReader in, PrintWriter out) {
  private static final String INDENT = "  ";

  /** The end of the input, or {@code q}: nothing more is asked. */
  static final class Over extends Exception {
    private static final long serialVersionUID = 1;
  }

  /** Prints a sentence, broken into lines. */
  void say(String sentence) {
    print(Paragraphs.wrapped(sentence));
  }

  /** Prints lines, indented. */
  void print(List<String> lines) {
    lines.forEach(line -> out.println((INDENT + line).stripTrailing()));
  }

  /** What was typed after a prompt, without blanks around it. */
  String line(String prompt) throws Over {
    out.print(INDENT + prompt + "> ");
    out.flush();
    try {
      String typed = Optional.ofNullable(in.readLine()).orElseThrow(Over::new).strip();
      if (typed.equals("q")) {
        throw new Over();
      }
      return typed;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read answers", e);
    }
  }

  /** Whether the answer is yes; asks until it is y or n. */
  boolean yes() throws Over {
    while (true) {
      String typed = line("y/n");
      if (typed.equalsIgnoreCase("y") || typed.equalsIgnoreCase("n")) {
        return typed.equalsIgnoreCase("y");
      }
    }
  }
}
