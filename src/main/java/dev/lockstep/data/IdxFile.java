package dev.lockstep.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A file of unsigned bytes with extents, as MNIST is spread in; big-endian, perhaps packed by gzip:
 *
 * <pre>
 *   00 00 08 n   8 for unsigned bytes, n extents
 *   extent …     32 bits each, outermost first
 *   data         one byte for each element
 * </pre>
 *
 * @see <a href="https://web.archive.org/web/2024/http://yann.lecun.com/exdb/mnist/">the format</a>
 */
final class IdxFile {
  private static final int UNSIGNED_BYTES = 0x08;

  /** The largest array there is. */
  private static final long MOST_BYTES = Integer.MAX_VALUE - 8L;

  private final int[] extents;
  private final byte[] data;

  private IdxFile(int[] extents, byte[] data) {
    this.extents = extents;
    this.data = data;
  }

  /** An extent, counted from the outermost. */
  int extent(int axis) {
    return extents[axis];
  }

  /** The elements, row-major. */
  byte[] data() {
    return data;
  }

  /**
   * Reads a file whole.
   *
   * @param axes how many extents it must have
   * @throws IllegalArgumentException naming the file and what is wrong with it
   */
  static IdxFile read(Path file, int axes) {
    try (InputStream in = open(file)) {
      int[] extents = header(file, in, axes);
      long declared = elements(file, extents);
      byte[] data = in.readNBytes((int) declared);
      if (data.length < declared) {
        throw wrong(
            file,
            "declares %s = %d bytes of data, but only %d follow (truncated?)"
                .formatted(spelled(extents), declared, data.length));
      }
      if (in.read() >= 0) {
        throw wrong(
            file,
            "declares %s = %d bytes of data, but more follow"
                .formatted(spelled(extents), declared));
      }
      return new IdxFile(extents, data);
    } catch (EOFException e) {
      throw wrong(file, "is truncated: its gzip stream has no end", e);
    } catch (ZipException e) {
      throw wrong(file, "is no intact gzip file", e);
    } catch (IOException e) {
      throw wrong(file, "cannot be read: " + FileFailure.reason(e), e);
    }
  }

  private static InputStream open(Path file) throws IOException {
    InputStream raw = Files.newInputStream(file);
    if (!file.toString().endsWith(".gz")) {
      return raw;
    }
    try {
      return new GZIPInputStream(raw, 1 << 16);
    } catch (IOException e) {
      raw.close();
      throw e;
    }
  }

  private static int[] header(Path file, InputStream in, int axes) throws IOException {
    int bytes = Integer.BYTES * (1 + axes);
    ByteBuffer header = ByteBuffer.wrap(in.readNBytes(bytes));
    if (header.limit() < bytes) {
      throw wrong(
          file,
          "is no IDX file of %d extents: it holds %d bytes, its header alone takes %d"
              .formatted(axes, header.limit(), bytes));
    }
    int magic = header.getInt();
    int expected = UNSIGNED_BYTES << 8 | axes;
    if (magic != expected) {
      throw wrong(
          file,
          "is no IDX file of unsigned bytes with %d extents: it starts with %08x, not %08x"
              .formatted(axes, magic, expected));
    }
    int[] extents = new int[axes];
    for (int axis = 0; axis < axes; axis++) {
      extents[axis] = header.getInt();
      if (extents[axis] < 1) {
        throw wrong(
            file,
            "declares extent %d of %s; each must be from 1 to %d"
                .formatted(axis, Integer.toUnsignedString(extents[axis]), Integer.MAX_VALUE));
      }
    }
    return extents;
  }

  private static long elements(Path file, int[] extents) {
    long count = 1;
    for (int extent : extents) {
      count = count > MOST_BYTES ? count : count * extent; // below 2^62
    }
    if (count > MOST_BYTES) {
      throw wrong(
          file,
          "declares %s bytes; at most %d are supported".formatted(spelled(extents), MOST_BYTES));
    }
    return count;
  }

  private static String spelled(int[] extents) {
    return Arrays.stream(extents).mapToObj(Integer::toString).collect(Collectors.joining(" x "));
  }

  private static IllegalArgumentException wrong(Path file, String what) {
    return new IllegalArgumentException("--data: " + file + " " + what);
  }

  private static IllegalArgumentException wrong(Path file, String what, Throwable cause) {
    return new IllegalArgumentException("--data: " + file + " " + what, cause);
  }
}
