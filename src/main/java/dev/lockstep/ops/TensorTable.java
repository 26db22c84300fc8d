package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.HostTensor;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Many tensors of one dtype as a list the device can walk: per tensor its address, element count
 * and first chunk, 24 bytes. A chunk is {@link #CHUNK} elements of one tensor. The tensors must
 * outlive the table.
 */
public final class TensorTable {
  /** Elements of a chunk, the unit of work of one block. */
  public static final long CHUNK = 16_384;

  private static final int LONGS_PER_ENTRY = 3;

  private final Tensor storage;
  private final List<Tensor> tensors;
  private final DType dtype;
  private final long chunks;

  /**
   * Writes the table into {@code storage} and waits until that has happened.
   *
   * @param storage {@link #storageShape} of I32
   * @param tensors at least one, all of one dtype
   */
  public TensorTable(Stream stream, Tensor storage, List<Tensor> tensors) {
    this.tensors = List.copyOf(tensors);
    Shape needed = storageShape(tensors.size());
    if (storage.dtype() != DType.I32 || storage.count() != needed.count()) {
      throw new IllegalArgumentException(
          "a table of %d tensors lives in i32%s, not in %s"
              .formatted(tensors.size(), needed, storage));
    }
    this.storage = storage;
    this.dtype = tensors.get(0).dtype();
    for (int i = 0; i < tensors.size(); i++) {
      if (tensors.get(i).dtype() != dtype) {
        throw new IllegalArgumentException(
            "tensor %d of the table is %s, the ones before it are %s"
                .formatted(i, tensors.get(i).dtype().suffix(), dtype.suffix()));
      }
    }
    this.chunks = chunks(tensors);
    upload(stream);
  }

  /** The I32 storage of a table of that many tensors. */
  public static Shape storageShape(int tensors) {
    if (tensors < 1) {
      throw new IllegalArgumentException("a table needs at least one tensor, not " + tensors);
    }
    return Shape.of(tensors, LONGS_PER_ENTRY * 2);
  }

  /** Chunks all of these tensors have together; they need not be allocated yet. */
  public static long chunks(List<Tensor> tensors) {
    long chunks = 0;
    for (Tensor tensor : tensors) {
      chunks = Math.addExact(chunks, Math.ceilDiv(tensor.count(), CHUNK));
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

  /** The one dtype of all tensors. */
  public DType dtype() {
    return dtype;
  }

  /** The list itself. */
  Tensor storage() {
    return storage;
  }

  private void upload(Stream stream) {
    try (HostTensor host = new HostTensor(DType.I32, storage.shape())) {
      MemorySegment entries = host.segment();
      long firstChunk = 0;
      long at = 0;
      for (Tensor tensor : tensors) {
        entries.setAtIndex(ValueLayout.JAVA_LONG, at++, tensor.address());
        entries.setAtIndex(ValueLayout.JAVA_LONG, at++, tensor.count());
        entries.setAtIndex(ValueLayout.JAVA_LONG, at++, firstChunk);
        firstChunk += Math.ceilDiv(tensor.count(), CHUNK);
      }
      storage.copyFrom(stream, host);
      stream.synchronize();
    }
  }
}
