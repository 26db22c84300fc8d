package dev.lockstep.ops;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.HostTensor;
import dev.lockstep.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What tables of tensors have in common: codes of types, records in their order, upload, checks.
 */
final class TableWriter implements AutoCloseable {
  /** Elements of a chunk, the unit of work of one block. */
  static final int CHUNK = 32_768;

  /** What a kernel takes for the type of a tensor that is left out. */
  static final int ABSENT = 3;

  /** Kernels read records 16 bytes at a time. */
  private static final int ALIGNMENT = 16;

  private final Tensor storage;
  private final HostTensor host;
  private long at;

  /** A tensor of a table and what it is called in messages. */
  record Named(String name, Tensor tensor, boolean written) {}

  TableWriter(Tensor storage, long ints, String what) {
    if (storage.dtype() != DType.I32 || storage.count() != ints) {
      throw new IllegalArgumentException(
          "%s lives in i32[%d], not in %s".formatted(what, ints, storage));
    }
    if (storage.address() % ALIGNMENT != 0) {
      throw new IllegalArgumentException(
          "%s lives at a multiple of %d bytes, not at 0x%x"
              .formatted(what, ALIGNMENT, storage.address()));
    }
    this.storage = storage;
    host = new HostTensor(DType.I32, storage.shape());
  }

  /** How kernels name a storage type; {@link #ABSENT} for no tensor. */
  static int typeCode(@Nullable Tensor tensor, String name) {
    if (tensor == null) {
      return ABSENT;
    }
    return switch (tensor.dtype()) {
      case F32 -> 0;
      case F16 -> 1;
      case BF16 -> 2;
      case I32, F64 ->
          throw new IllegalArgumentException(
              "%s is %s; f32, f16 and bf16 are supported".formatted(name, tensor.dtype().suffix()));
    };
  }

  /** Chunks of that many elements. */
  static long chunks(long count) {
    return Math.ceilDiv(count, (long) CHUNK);
  }

  TableWriter int32(int value) {
    host.segment().set(ValueLayout.JAVA_INT, at, value);
    at += Integer.BYTES;
    return this;
  }

  TableWriter int64(long value) {
    host.segment().set(ValueLayout.JAVA_LONG, at, value);
    at += Long.BYTES;
    return this;
  }

  TableWriter float32(float value) {
    return int32(Float.floatToRawIntBits(value));
  }

  /** Where a tensor lies, {@code bytes} into it; 0 for none. */
  TableWriter distance(@Nullable Tensor tensor, long bytes) {
    return int64(tensor == null ? 0 : tensor.address() + bytes - storage.address());
  }

  /** Copies the records to the device and waits until that has happened. */
  void upload(Stream stream) {
    MemorySegment records = host.segment();
    if (at != records.byteSize()) {
      throw new IllegalStateException(
          "%d bytes of a table of %d were written".formatted(at, records.byteSize()));
    }
    storage.copyFrom(stream, host);
    stream.synchronize();
  }

  /** Refuses tensors that share memory with a written one. */
  static void requireSeparate(List<Named> tensors) {
    List<Named> sorted = new ArrayList<>(tensors);
    sorted.sort(Comparator.comparingLong(named -> named.tensor().address()));
    @Nullable Named reaching = null; // the one that reaches furthest
    @Nullable Named writing = null; // the written one that does
    for (Named named : sorted) {
      @Nullable Named before = named.written() ? reaching : writing;
      if (before != null && named.tensor().overlaps(before.tensor())) {
        throw new IllegalArgumentException(
            "%s overlaps %s in memory (%s at 0x%x, %s at 0x%x)"
                .formatted(
                    named.name(),
                    before.name(),
                    named.tensor(),
                    named.tensor().address(),
                    before.tensor(),
                    before.tensor().address()));
      }
      reaching = further(reaching, named);
      writing = named.written() ? further(writing, named) : writing;
    }
  }

  private static Named further(@Nullable Named one, Named other) {
    return one != null && end(one) > end(other) ? one : other;
  }

  private static long end(Named named) {
    return named.tensor().address() + named.tensor().bytes();
  }

  /** One tensor of each buffer: while these have memory, all have. */
  static List<Named> ofEachBuffer(List<Named> tensors) {
    Map<DeviceBuffer, Named> first = new IdentityHashMap<>();
    List<Named> each = new ArrayList<>();
    for (Named named : tensors) {
      if (first.putIfAbsent(named.tensor().buffer(), named) == null) {
        each.add(named);
      }
    }
    return List.copyOf(each);
  }

  /** Refuses tensors whose memory was given back. */
  static void requireMemory(List<Named> ofEachBuffer) {
    for (Named named : ofEachBuffer) {
      try {
        named.tensor().address();
      } catch (IllegalStateException closed) {
        throw new IllegalArgumentException(
            "%s, %s, has no memory any more: %s"
                .formatted(named.name(), named.tensor(), closed.getMessage()),
            closed);
      }
    }
  }

  @Override
  public void close() {
    host.close();
  }
}
