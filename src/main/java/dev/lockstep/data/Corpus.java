package dev.lockstep.data;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Text to train on, and its last tenth, which is held out and never trained on.
 *
 * <p>One array holds both: the training part is {@code [0, split)} and the held-out part {@code
 * [split, length)}. The contexts of the first held-out bytes reach back into the training part, so
 * that every held-out byte is predicted, and the same bytes by every model.
 */
public final class Corpus {
  private final String source;
  private final int files;
  private final byte[] text;
  private final int split;

  private Corpus(String source, int files, byte[] text) {
    this.source = source;
    this.files = files;
    this.text = text;
    this.split = text.length - text.length / 10;
  }

  /**
   * Reads a file, or every file under a directory: sorted by path, duplicate contents dropped, the
   * rest joined by a newline. Without a path, the licence texts of the running JDK, which are real
   * English text that is always there.
   *
   * @throws IllegalArgumentException when the path is missing, unreadable, or has no text in it
   */
  public static Corpus load(@Nullable Path path) {
    CorpusFiles read = path == null ? CorpusFiles.ofJavaLicences() : CorpusFiles.under(path);
    return new Corpus(read.source(), read.count(), read.joined());
  }

  /** A corpus of one text already in memory. */
  public static Corpus of(String source, byte[] text) {
    return new Corpus(source, 1, text.clone());
  }

  /**
   * Refuses a text too short for models that look {@code context} bytes back: the training part
   * must hold one context and the byte after it, the held-out part at least one byte.
   *
   * @throws IllegalArgumentException naming the text, its length and the least length
   */
  public void requireContext(int context) {
    if (split < context + 1 || heldOutLength() < 1) {
      throw new IllegalArgumentException(
          "%s holds %d bytes; a context of %d needs at least %d, the last tenth being held out"
              .formatted(source, text.length, context, leastLength(context)));
    }
  }

  private static int leastLength(int context) {
    int length = Math.max(10, context + 1);
    while (length - length / 10 < context + 1) {
      length++;
    }
    return length;
  }

  /** What was read, for people. */
  public String source() {
    return source;
  }

  /** Files read, duplicates not counted. */
  public int files() {
    return files;
  }

  /** Bytes in all. */
  public int length() {
    return text.length;
  }

  /** Where the held-out part begins: the length of the training part. */
  public int split() {
    return split;
  }

  /** Bytes held out. */
  public int heldOutLength() {
    return text.length - split;
  }

  /** The token at a place of the whole text. */
  public int token(int at) {
    return ByteTokenizer.token(text[at]);
  }

  /**
   * A copy of {@code length} bytes from {@code from} on.
   *
   * @throws IndexOutOfBoundsException when they are not all within the text
   */
  public byte[] bytes(int from, int length) {
    Objects.checkFromIndexSize(from, length, text.length);
    return Arrays.copyOfRange(text, from, from + length);
  }
}
