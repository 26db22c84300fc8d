package dev.lockstep.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A program that may be on the path.
 *
 * @param use what it would be good for
 * @param answer its version and path; empty when it is not there
 */
record Tool(String name, String use, String answer) {
  private static final Pattern VERSION = Pattern.compile("\\d+\\.\\d+");

  /** Looks for it and asks it for its version. */
  static Tool find(String name, String use) {
    return new Tool(name, use, onPath(name).map(file -> version(file) + ", " + file).orElse(""));
  }

  boolean found() {
    return !answer.isEmpty();
  }

  static Optional<Path> onPath(String name) {
    String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
    return Stream.of(path.split(Pattern.quote(File.pathSeparator)))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, name))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }

  /** The first line of {@code --version} that holds a version. */
  private static String version(Path file) {
    try {
      Process process =
          new ProcessBuilder(file.toString(), "--version").redirectErrorStream(true).start();
      process.getOutputStream().close();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return text.lines()
          .map(String::strip)
          .filter(line -> VERSION.matcher(line).find())
          .findFirst()
          .orElse("of unknown version");
    } catch (IOException e) {
      return "does not start (" + e.getMessage() + ")";
    }
  }
}
