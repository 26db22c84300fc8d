package dev.lockstep.data;

import dev.lockstep.numeric.BFloat16;
import dev.lockstep.numeric.DType;
import dev.lockstep.numeric.Float16;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.Map;

/**
 * An open safetensors file: 8 bytes of header length, a JSON header, raw little-endian data. The
 * file is mapped, not read; its header is checked in full before the first tensor is handed out.
 *
 * @see <a href="https://huggingface.co/docs/safetensors">the format</a>
 */
public final class SafetensorsReader implements AutoCloseable {
  private static final ValueLayout.OfLong LONG = little(ValueLayout.JAVA_LONG_UNALIGNED);
  private static final ValueLayout.OfInt INT = little(ValueLayout.JAVA_INT_UNALIGNED);
  private static final ValueLayout.OfShort SHORT = little(ValueLayout.JAVA_SHORT_UNALIGNED);
  private static final ValueLayout.OfFloat FLOAT = little(ValueLayout.JAVA_FLOAT_UNALIGNED);
  private static final ValueLayout.OfDouble DOUBLE = little(ValueLayout.JAVA_DOUBLE_UNALIGNED);

  private final Path file;
  private final Arena arena;
  private final SafetensorsHeader header;
  private final MemorySegment data;

  private SafetensorsReader(Path file, Arena arena, SafetensorsHeader header, MemorySegment data) {
    this.file = file;
    this.arena = arena;
    this.header = header;
    this.data = data;
  }

  /**
   * Maps the file and checks its header.
   *
   * @throws SafetensorsException when it is missing, a folder, truncated, or its header does not
   *     describe exactly the data that follows
   */
  public static SafetensorsReader open(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new SafetensorsException(file, "a folder, not a safetensors file");
    }
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      long headerBytes = headerBytes(file, all);
      byte[] json = all.asSlice(Long.BYTES, headerBytes).toArray(ValueLayout.JAVA_BYTE);
      MemorySegment data = all.asSlice(Long.BYTES + headerBytes);
      SafetensorsHeader header = SafetensorsHeader.parse(file, json, data.byteSize());
      return new SafetensorsReader(file, arena, header, data);
    } catch (NoSuchFileException e) {
      arena.close();
      throw new SafetensorsException(file, "no such file");
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static long headerBytes(Path file, MemorySegment all) throws SafetensorsException {
    if (all.byteSize() < Long.BYTES) {
      throw new SafetensorsException(
          file, "holds " + all.byteSize() + " bytes, too few for a safetensors file");
    }
    long bytes = all.get(LONG, 0);
    if (bytes < 0 || bytes > SafetensorsHeader.MAX_BYTES) {
      throw new SafetensorsException(
          file,
          "declares a header of %s bytes, at most %d are allowed (no safetensors file?)"
              .formatted(Long.toUnsignedString(bytes), SafetensorsHeader.MAX_BYTES));
    }
    if (bytes > all.byteSize() - Long.BYTES) {
      throw new SafetensorsException(
          file,
          "declares a header of %d bytes, but only %d follow (truncated?)"
              .formatted(bytes, all.byteSize() - Long.BYTES));
    }
    return bytes;
  }

  /** All tensors, in the order of their data. */
  public Collection<SafetensorsTensor> tensors() {
    return header.tensors().values();
  }

  public boolean contains(String name) {
    return header.tensors().containsKey(name);
  }

  /** Free text the writer left, sorted by key. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /**
   * The tensor of that name.
   *
   * @throws SafetensorsException when there is none
   */
  public SafetensorsTensor tensor(String name) throws SafetensorsException {
    SafetensorsTensor tensor = header.tensors().get(name);
    if (tensor == null) {
      throw new SafetensorsException(
          file, "has no tensor \"" + name + "\"; it holds " + header.tensors().keySet());
    }
    return tensor;
  }

  /** Its raw bytes: read-only mapped memory, valid until {@link #close}. */
  public MemorySegment bytes(String name) throws SafetensorsException {
    SafetensorsTensor tensor = tensor(name);
    return data.asSlice(tensor.from(), tensor.to() - tensor.from());
  }

  /** All elements as doubles, which hold every supported type exactly. */
  public double[] doubles(String name) throws SafetensorsException {
    SafetensorsTensor tensor = tensor(name);
    MemorySegment bytes = bytes(name);
    double[] values = new double[arrayLength(tensor)];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (tensor.dtype()) {
            case F32 -> bytes.getAtIndex(FLOAT, i);
            case F64 -> bytes.getAtIndex(DOUBLE, i);
            case I32 -> bytes.getAtIndex(INT, i);
            case F16 -> Float16.toFloat(bytes.getAtIndex(SHORT, i));
            case BF16 -> BFloat16.toFloat(bytes.getAtIndex(SHORT, i));
          };
    }
    return values;
  }

  /**
   * All elements of an {@link DType#I32} tensor.
   *
   * @throws SafetensorsException for another type
   */
  public int[] ints(String name) throws SafetensorsException {
    SafetensorsTensor tensor = tensor(name);
    if (tensor.dtype() != DType.I32) {
      throw new SafetensorsException(
          file, "tensor \"" + name + "\" has dtype " + tensor.dtype() + ", expected I32");
    }
    int[] values = new int[arrayLength(tensor)];
    MemorySegment.copy(bytes(name), INT, 0, values, 0, values.length);
    return values;
  }

  private int arrayLength(SafetensorsTensor tensor) throws SafetensorsException {
    if (tensor.count() > Integer.MAX_VALUE - 8) {
      throw new SafetensorsException(
          file,
          "tensor \"%s\" has %d elements, too many for an array"
              .formatted(tensor.name(), tensor.count()));
    }
    return (int) tensor.count();
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  @SuppressWarnings("unchecked") // withOrder keeps the layout's type, but not in its signature
  private static <L extends ValueLayout> L little(L layout) {
    return (L) layout.withOrder(ByteOrder.LITTLE_ENDIAN);
  }
}
