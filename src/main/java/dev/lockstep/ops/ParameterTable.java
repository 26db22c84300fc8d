package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All parameters of a model, with what an optimiser keeps of each, as a list the device can walk in
 * one launch. Gradients and compute copies may be f32, f16 or bf16, each its own. The tensors must
 * outlive the table.
 *
 * <pre>
 * entries [parameters]  64 bytes each: i64 distances from the table of master, first moment, second
 *                       moment, gradient, copy; i64 elements; f32 weight decay;
 *                       u32 type of the gradient + 4 * that of the copy (0 f32, 1 f16, 2 bf16,
 *                       3 none); 8 bytes unused
 * chunks  [chunks]      u32 parameter, u32 number of the chunk in it
 * </pre>
 */
public final class ParameterTable {
  private static final int INTS_PER_ENTRY = 16;
  private static final int INTS_PER_CHUNK = 2;
  private static final int MOST_MOMENTS = 2;

  private final Tensor storage;
  private final List<TableWriter.Named> ofEachBuffer;
  private final int parameters;
  private final int moments;
  private final long chunks;

  /**
   * One parameter.
   *
   * @param master f32, updated: the weights
   * @param gradient f32, f16 or bf16, still scaled: the state's gradFactor is applied on the way
   * @param copy f32, f16 or bf16, overwritten with the new weights, rounded; null for none
   * @param moments f32, updated, 0 at first: none for plain SGD, one for momentum, two for Adam
   * @param weightDecay of this parameter, finite and at least 0
   */
  public record Entry(
      Tensor master,
      Tensor gradient,
      @Nullable Tensor copy,
      List<Tensor> moments,
      float weightDecay) {
    /**
     * Checks what is given.
     *
     * @throws IllegalArgumentException when a number is out of its range
     */
    public Entry {
      moments = List.copyOf(moments);
      if (!(weightDecay >= 0 && weightDecay < Float.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "weightDecay " + weightDecay + " must be finite and at least 0");
      }
    }
  }

  /**
   * Writes the table into {@code storage} and waits until that has happened.
   *
   * @param storage {@link #storageShape} of I32
   * @param entries at least one, all with as many moments
   */
  public ParameterTable(Stream stream, Tensor storage, List<Entry> entries) {
    this.storage = storage;
    long ints = storageShape(entries).count();
    this.parameters = entries.size();
    this.moments = entries.getFirst().moments().size();
    this.chunks = chunks(entries);
    List<TableWriter.Named> named = new ArrayList<>();
    for (int i = 0; i < parameters; i++) {
      check(entries.get(i), i, named);
    }
    TableWriter.requireSeparate(named);
    ofEachBuffer = TableWriter.ofEachBuffer(named);
    try (TableWriter writer =
        new TableWriter(storage, ints, "a table of %d parameters".formatted(parameters))) {
      entries.forEach(entry -> add(writer, entry));
      for (int i = 0; i < parameters; i++) {
        long own = TableWriter.chunks(entries.get(i).master().count());
        for (long chunk = 0; chunk < own; chunk++) {
          writer.int32(i).int32((int) chunk);
        }
      }
      writer.upload(stream);
    }
  }

  private static void add(TableWriter writer, Entry entry) {
    writer.distance(entry.master(), 0);
    for (int i = 0; i < MOST_MOMENTS; i++) {
      writer.distance(i < entry.moments().size() ? entry.moments().get(i) : null, 0);
    }
    writer
        .distance(entry.gradient(), 0)
        .distance(entry.copy(), 0)
        .int64(entry.master().count())
        .float32(entry.weightDecay())
        .int32(
            TableWriter.typeCode(entry.gradient(), "gradient")
                + 4 * TableWriter.typeCode(entry.copy(), "copy"))
        .int64(0);
  }

  private void check(Entry entry, int index, List<TableWriter.Named> named) {
    if (entry.moments().size() != moments || moments > MOST_MOMENTS) {
      throw new IllegalArgumentException(
          "parameter %d of the table has %d moments; all have the same number, at most %d"
              .formatted(index, entry.moments().size(), MOST_MOMENTS));
    }
    add(named, "master", index, entry.master(), true, entry);
    for (int i = 0; i < moments; i++) {
      add(named, "moment " + i, index, entry.moments().get(i), true, entry);
    }
    add(named, "gradient", index, entry.gradient(), false, entry);
    if (entry.copy() != null) {
      add(named, "copy", index, entry.copy(), true, entry);
    }
  }

  private static void add(
      List<TableWriter.Named> named,
      String role,
      int index,
      Tensor tensor,
      boolean written,
      Entry entry) {
    String name = "%s of parameter %d".formatted(role, index);
    if (tensor.count() != entry.master().count()) {
      throw new IllegalArgumentException(
          "%s has shape %s, which is %d elements; the master has %d"
              .formatted(name, tensor.shape(), tensor.count(), entry.master().count()));
    }
    boolean full = role.equals("master") || role.startsWith("moment");
    if (full && tensor.dtype() != DType.F32) {
      throw new IllegalArgumentException(
          "%s is %s; f32 is needed".formatted(name, tensor.dtype().suffix()));
    }
    TableWriter.typeCode(tensor, name);
    named.add(new TableWriter.Named(name, tensor, written));
  }

  /** The I32 storage of a table of these parameters, whose memory need not be allocated yet. */
  public static Shape storageShape(List<Entry> entries) {
    if (entries.isEmpty()) {
      throw new IllegalArgumentException("a table needs at least one parameter, not 0");
    }
    return Shape.of((long) entries.size() * INTS_PER_ENTRY + chunks(entries) * INTS_PER_CHUNK);
  }

  private static long chunks(List<Entry> entries) {
    return TensorTable.chunks(entries.stream().map(Entry::master).toList());
  }

  /** Number of parameters. */
  public int size() {
    return parameters;
  }

  /** Moments every parameter has. */
  public int moments() {
    return moments;
  }

  /** Chunks all parameters have together. */
  public long chunks() {
    return chunks;
  }

  /** The whole table. */
  Tensor storage() {
    return storage;
  }

  /** Starts the arguments of a launch: entries, list of chunks, their number. */
  Operands list(Operands operands, int neededMoments) {
    if (moments != neededMoments) {
      throw operands.refuse("parameters have %d moments; %d are needed", moments, neededMoments);
    }
    TableWriter.requireMemory(ofEachBuffer);
    long entryInts = (long) parameters * INTS_PER_ENTRY;
    Tensor flat = storage.flatten();
    return operands
        .input("table", flat.slice(0, entryInts), DType.I32, entryInts)
        .input(
            "chunks",
            flat.slice(entryInts, chunks * INTS_PER_CHUNK),
            DType.I32,
            chunks * INTS_PER_CHUNK)
        .int64(chunks);
  }
}
