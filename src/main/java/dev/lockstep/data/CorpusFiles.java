package dev.lockstep.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The distinct files of a corpus in the order of their paths.
 *
 * @param source what was asked for, for messages
 * @param contents the bytes of each distinct non-empty file
 */
record CorpusFiles(String source, List<ByteBuffer> contents) {
  /** The largest text one array holds. */
  private static final long MOST_BYTES = Integer.MAX_VALUE - 8L;

  static CorpusFiles ofJavaLicences() {
    Path legal = Path.of(System.getProperty("java.home"), "legal");
    if (!Files.isDirectory(legal)) {
      throw new IllegalArgumentException(
          "this Java has no licence texts to train on (no " + legal + "): give --data FILE|DIR");
    }
    return new CorpusFiles("the licence texts of this JDK", read(legal.toString(), sorted(legal)));
  }

  static CorpusFiles under(Path path) {
    String name = "--data " + path;
    if (!Files.exists(path)) {
      throw new IllegalArgumentException(name + ": no such file or directory");
    }
    List<Path> files = Files.isDirectory(path) ? sorted(path) : List.of(path);
    if (files.isEmpty()) {
      throw new IllegalArgumentException(name + ": the directory holds no files");
    }
    return new CorpusFiles(name, read(name, files));
  }

  int count() {
    return contents.size();
  }

  /** All texts, a newline between each two. */
  byte[] joined() {
    long total = contents.size() - 1L;
    for (ByteBuffer each : contents) {
      total += each.capacity();
    }
    if (total > MOST_BYTES) {
      throw new IllegalArgumentException(
          "%s holds %d bytes; at most %d are supported".formatted(source, total, MOST_BYTES));
    }
    ByteBuffer text = ByteBuffer.allocate((int) total);
    for (ByteBuffer each : contents) {
      if (text.position() > 0) {
        text.put((byte) '\n');
      }
      text.put(each.duplicate());
    }
    return text.array();
  }

  /** Regular files below a directory, by path with {@code /} between names, on any system. */
  private static List<Path> sorted(Path directory) {
    try (Stream<Path> walk = Files.walk(directory)) {
      return walk.filter(Files::isRegularFile)
          .sorted(Comparator.comparing(file -> portable(directory.relativize(file))))
          .toList();
    } catch (IOException e) {
      throw unreadable(directory, e);
    } catch (UncheckedIOException e) {
      throw unreadable(directory, Objects.requireNonNull(e.getCause()));
    }
  }

  private static String portable(Path path) {
    return path.toString().replace(path.getFileSystem().getSeparator(), "/");
  }

  private static List<ByteBuffer> read(String name, List<Path> files) {
    // Buffers compare by content, so that a set drops what was seen before.
    Set<ByteBuffer> distinct = new LinkedHashSet<>();
    for (Path file : files) {
      try {
        ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file)).asReadOnlyBuffer();
        if (content.hasRemaining()) {
          distinct.add(content);
        }
      } catch (IOException e) {
        throw unreadable(file, e);
      } catch (OutOfMemoryError e) {
        throw new IllegalArgumentException(file + " is too large to be read into memory", e);
      }
    }
    if (distinct.isEmpty()) {
      throw new IllegalArgumentException(name + ": nothing to train on, every file is empty");
    }
    return List.copyOf(distinct);
  }

  private static IllegalArgumentException unreadable(Path path, IOException cause) {
    return new IllegalArgumentException(
        "--data %s cannot be read: %s".formatted(path, FileFailure.reason(cause)), cause);
  }
}
