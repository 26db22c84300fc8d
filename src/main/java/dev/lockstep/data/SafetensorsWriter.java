package dev.lockstep.data;

import dev.lockstep.numeric.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Collects tensors and writes them as one safetensors file. The same tensors and metadata give the
 * same bytes; a reader never sees half a file, for it is written beside its final name and moved
 * there when complete.
 */
public final class SafetensorsWriter {
  /** Bytes per write call: enough that the call costs nothing, little enough to always have. */
  private static final int CHUNK = 1 << 20;

  private final Map<String, Pending> pending = new LinkedHashMap<>();
  private final Map<String, String> metadata = new TreeMap<>();

  private record Pending(DType dtype, List<Long> shape, MemorySegment bytes) {}

  /** Adds one line of metadata; a second one of the same key replaces the first. */
  public SafetensorsWriter metadata(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  /**
   * Adds a tensor: little-endian, row-major bytes, which must stay unchanged until {@link #write}.
   *
   * @throws IllegalArgumentException for a name already taken or a size that shape and dtype
   *     contradict
   */
  public SafetensorsWriter add(String name, DType dtype, List<Long> shape, MemorySegment bytes) {
    long needed = Math.multiplyExact(SafetensorsTensor.count(shape), (long) dtype.byteSize());
    if (bytes.byteSize() != needed) {
      throw new IllegalArgumentException(
          "tensor \"%s\" of shape %s and dtype %s needs %d bytes, got %d"
              .formatted(name, shape, dtype, needed, bytes.byteSize()));
    }
    if (name.equals("__metadata__") || pending.containsKey(name)) {
      throw new IllegalArgumentException("tensor name \"" + name + "\" is already taken");
    }
    pending.put(name, new Pending(dtype, List.copyOf(shape), bytes));
    return this;
  }

  /** Adds an {@link DType#F32} tensor; the values are copied. */
  public SafetensorsWriter add(String name, List<Long> shape, float[] values) {
    ByteBuffer bytes = littleEndian(values.length, DType.F32);
    bytes.asFloatBuffer().put(values);
    return add(name, DType.F32, shape, MemorySegment.ofBuffer(bytes));
  }

  /** Adds an {@link DType#F64} tensor; the values are copied. */
  public SafetensorsWriter add(String name, List<Long> shape, double[] values) {
    ByteBuffer bytes = littleEndian(values.length, DType.F64);
    bytes.asDoubleBuffer().put(values);
    return add(name, DType.F64, shape, MemorySegment.ofBuffer(bytes));
  }

  /** Adds an {@link DType#I32} tensor; the values are copied. */
  public SafetensorsWriter add(String name, List<Long> shape, int[] values) {
    ByteBuffer bytes = littleEndian(values.length, DType.I32);
    bytes.asIntBuffer().put(values);
    return add(name, DType.I32, shape, MemorySegment.ofBuffer(bytes));
  }

  private static ByteBuffer littleEndian(int count, DType dtype) {
    return ByteBuffer.allocate(Math.multiplyExact(count, dtype.byteSize()))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Writes everything added so far, replacing {@code file} in one step.
   *
   * @throws IOException when the folder is missing or not writable; {@code file} is then as it was
   */
  public void write(Path file) throws IOException {
    write(file, () -> {});
  }

  /** What is to be done before a file is replaced. */
  public interface BeforeReplacing {
    void run() throws IOException;
  }

  /**
   * The same, and something more between the last byte and the moment the file takes its name.
   *
   * @throws IOException also when that fails
   */
  public void write(Path file, BeforeReplacing last) throws IOException {
    SafetensorsHeader header = layOut();
    Path partial = file.resolveSibling(file.getFileName() + ".partial");
    try {
      try (FileChannel channel =
          FileChannel.open(
              partial,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        writeAll(channel, header);
        // Without it a crash after the move could leave the new name on unwritten blocks.
        channel.force(true);
      }
      last.run();
      Files.move(
          partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(partial);
      throw e;
    }
  }

  /** Wider types first, so that every tensor starts at a multiple of its element size. */
  private SafetensorsHeader layOut() {
    List<Map.Entry<String, Pending>> ordered = new ArrayList<>(pending.entrySet());
    ordered.sort(
        Comparator.comparingInt(
            (Map.Entry<String, Pending> entry) -> -entry.getValue().dtype().byteSize()));
    Map<String, SafetensorsTensor> tensors = new LinkedHashMap<>();
    long at = 0;
    for (Map.Entry<String, Pending> entry : ordered) {
      Pending tensor = entry.getValue();
      long to = at + tensor.bytes().byteSize();
      tensors.put(
          entry.getKey(),
          new SafetensorsTensor(entry.getKey(), tensor.dtype(), tensor.shape(), at, to));
      at = to;
    }
    return new SafetensorsHeader(tensors, metadata);
  }

  private void writeAll(FileChannel channel, SafetensorsHeader header) throws IOException {
    byte[] json = header.toBytes();
    ByteBuffer start =
        ByteBuffer.allocate(Long.BYTES + json.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(json.length)
            .put(json)
            .flip();
    writeFully(channel, start);
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
    for (SafetensorsTensor tensor : header.tensors().values()) {
      MemorySegment bytes = Objects.requireNonNull(pending.get(tensor.name())).bytes();
      for (long at = 0; at < bytes.byteSize(); at += CHUNK) {
        int length = (int) Math.min(CHUNK, bytes.byteSize() - at);
        MemorySegment.copy(bytes, at, MemorySegment.ofBuffer(chunk.clear()), 0, length);
        writeFully(channel, chunk.limit(length));
      }
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
