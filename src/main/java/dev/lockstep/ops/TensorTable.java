package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Many tensors as a list the device can walk in one launch: any number, of f32, f16 and bf16 as
 * they come, at any alignment, of any length. The tensors must outlive the table.
 *
 * <pre>
 * chunks  [chunks]       16 bytes each: i64 distance from the table, i32 elements,
 *                        u32 tensor * 4 + type (0 f32, 1 f16, 2 bf16)
 * first   [tensors + 1]  i64: number of the tensor's first chunk; last, the number of all
 * </pre>
 */
public final class TensorTable {
  /** Elements of a chunk, the unit of work of one block. */
  public static final long CHUNK = TableWriter.CHUNK;

  /** Tensor numbers share 32 bits with two for the type. */
  private static final int MOST_TENSORS = 1 << 29;

  private static final int INTS_PER_CHUNK = 4;
  private static final int INTS_PER_TENSOR = 2;

  private final Tensor storage;
  private final List<Tensor> tensors;
  private final List<TableWriter.Named> named = new ArrayList<>();
  private final List<TableWriter.Named> ofEachBuffer;
  private final long chunks;
  private boolean separate;

  /**
   * Writes the table into {@code storage} and waits until that has happened.
   *
   * @param storage {@link #storageShape} of I32
   * @param tensors at least one; f32, f16 or bf16
   */
  public TensorTable(Stream stream, Tensor storage, List<Tensor> tensors) {
    this.tensors = List.copyOf(tensors);
    this.storage = storage;
    this.chunks = chunks(tensors);
    long ints = storageShape(tensors).count();
    for (int i = 0; i < tensors.size(); i++) {
      named.add(new TableWriter.Named("tensor " + i + " of the table", tensors.get(i), true));
    }
    ofEachBuffer = TableWriter.ofEachBuffer(named);
    try (TableWriter writer =
        new TableWriter(storage, ints, "a table of %d tensors".formatted(tensors.size()))) {
      for (int i = 0; i < tensors.size(); i++) {
        add(writer, i);
      }
      long firstChunk = 0;
      for (Tensor tensor : tensors) {
        writer.int64(firstChunk);
        firstChunk += TableWriter.chunks(tensor.count());
      }
      writer.int64(firstChunk).upload(stream);
    }
  }

  private void add(TableWriter writer, int index) {
    Tensor tensor = tensors.get(index);
    int type = TableWriter.typeCode(tensor, named.get(index).name());
    for (long from = 0; from < tensor.count(); from += CHUNK) {
      writer
          .distance(tensor, from * tensor.dtype().byteSize())
          .int32((int) Math.min(CHUNK, tensor.count() - from))
          .int32(index * 4 + type);
    }
  }

  /** The I32 storage of a table of these tensors, which need not be allocated yet. */
  public static Shape storageShape(List<Tensor> tensors) {
    if (tensors.isEmpty() || tensors.size() > MOST_TENSORS) {
      throw new IllegalArgumentException(
          "a table needs from 1 to %d tensors, not %d".formatted(MOST_TENSORS, tensors.size()));
    }
    return Shape.of(chunks(tensors) * INTS_PER_CHUNK + (tensors.size() + 1L) * INTS_PER_TENSOR);
  }

  /** Chunks all of these tensors have together; they need not be allocated yet. */
  public static long chunks(List<Tensor> tensors) {
    long chunks = 0;
    for (Tensor tensor : tensors) {
      chunks = Math.addExact(chunks, TableWriter.chunks(tensor.count()));
    }
    return chunks;
  }

  /** Number of tensors. */
  public int size() {
    return tensors.size();
  }

  /** The tensor at an index, as kernels count them. */
  public Tensor tensor(int index) {
    return tensors.get(index);
  }

  /** Chunks all tensors have together. */
  public long chunks() {
    return chunks;
  }

  /** The list itself. */
  Tensor storage() {
    return storage;
  }

  /** Where the numbers of first chunks lie. */
  Tensor firstChunks() {
    return storage.flatten().slice(chunks * INTS_PER_CHUNK, (size() + 1L) * INTS_PER_TENSOR);
  }

  /** Starts the arguments of a launch with the list of chunks. */
  Operands list(Operands operands) {
    TableWriter.requireMemory(ofEachBuffer);
    return operands.input("table", storage, DType.I32, storage.count());
  }

  /** Refuses tensors that share memory: each is to be rewritten once. */
  void requireSeparate() {
    if (!separate) {
      TableWriter.requireSeparate(named);
      separate = true;
    }
  }
}
