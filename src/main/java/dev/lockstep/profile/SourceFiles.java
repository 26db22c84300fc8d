package dev.lockstep.profile;

import dev.lockstep.device.LineCounts.SourceLine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Text of CUDA source lines, from files found where the line table says or, by their name alone, in
 * the folders given.
 */
public final class SourceFiles {
  private final List<Path> folders;
  private final Map<String, List<String>> known = new HashMap<>();

  /** Looks in these folders first. */
  public SourceFiles(List<Path> folders) {
    this.folders = List.copyOf(folders);
  }

  /** Looks beside this file, PTX or CUDA source, first. */
  public static SourceFiles beside(Path file) {
    return new SourceFiles(List.of(Optional.ofNullable(file.getParent()).orElse(Path.of(""))));
  }

  /**
   * The line, without the spaces around it; empty when the file is not found or too short. Line 0
   * is what compilers call code that belongs to no line.
   */
  Optional<String> text(SourceLine at) {
    List<String> lines = known.computeIfAbsent(at.path(), path -> read(at));
    if (at.line() == 0 && !lines.isEmpty()) {
      return Optional.of("(made by the compiler)");
    }
    boolean there = at.line() >= 1 && at.line() <= lines.size();
    return there ? Optional.of(lines.get(at.line() - 1).strip()) : Optional.empty();
  }

  private List<String> read(SourceLine at) {
    for (Path folder : folders) {
      Optional<List<String>> lines = read(folder.resolve(at.file()));
      if (lines.isPresent()) {
        return lines.get();
      }
    }
    try {
      return read(Path.of(at.path())).orElse(List.of());
    } catch (InvalidPathException e) {
      return List.of(); // Compiled elsewhere, on a system with other names.
    }
  }

  private static Optional<List<String>> read(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        return Optional.empty();
      }
      // Never fails for a byte that is no character: this is for people to look at.
      String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
      return Optional.of(text.lines().toList());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
