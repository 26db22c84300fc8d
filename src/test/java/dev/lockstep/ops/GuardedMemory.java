package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Device memory of one run of an op, where mistakes show: guard bands around every tensor, outputs
 * that start as NaN, inputs that must not change.
 */
final class GuardedMemory implements AutoCloseable {
  private static final int GUARD_BYTES = 64;
  private static final byte GUARD = (byte) 0xa5;

  /** All ones is a NaN in every floating type. */
  private static final byte NAN_BYTE = (byte) 0xff;

  private final Device device;
  private final Stream stream;
  private final int shift;
  private final List<Guarded> all = new ArrayList<>();

  private enum Use {
    INPUT,
    OUTPUT,
    /** Written, but of no interest afterwards. */
    SCRATCH
  }

  private record Guarded(String name, Tensor tensor, Use use, byte[] before) {}

  /**
   * @param shift elements by which every tensor misses an aligned address
   */
  GuardedMemory(Device device, Stream stream, int shift) {
    this.device = device;
    this.stream = stream;
    this.shift = shift;
  }

  /** Numbers an op may only read. */
  Tensor input(DType dtype, double[] values, long... extents) {
    Tensor tensor = allocate("input " + all.size(), dtype, Use.INPUT, extents);
    tensor.copyFrom(stream, values);
    return remember(tensor);
  }

  /** One f32 number an op may only read. */
  Tensor scalar(double value) {
    return input(DType.F32, new double[] {value}, 1);
  }

  /** Integers an op may only read. */
  Tensor integers(int... values) {
    Tensor tensor = allocate("input " + all.size(), DType.I32, Use.INPUT, values.length);
    tensor.copyFrom(stream, values);
    return remember(tensor);
  }

  /** NaN, to be overwritten. */
  Tensor output(String name, DType dtype, long... extents) {
    Tensor tensor = allocate(name, dtype, Use.OUTPUT, extents);
    stream.fill(tensor.buffer(), tensor.byteOffset(), tensor.bytes(), NAN_BYTE);
    return tensor;
  }

  /** Numbers to be changed: accumulated into, or replaced by the output. */
  Tensor updated(String name, DType dtype, double[] values, long... extents) {
    Tensor tensor = allocate(name, dtype, Use.OUTPUT, extents);
    tensor.copyFrom(stream, values);
    return tensor;
  }

  /** A record to be changed, of {@code count} words, at first 0; aligned whatever the shift. */
  Tensor words(String name, int count) {
    Tensor tensor = place(name, DType.I32, Use.OUTPUT, 0, count);
    tensor.zero(stream);
    return tensor;
  }

  /** Workspace whose contents do not matter afterwards; NaN, aligned whatever the shift. */
  Tensor scratch(DType dtype, long... extents) {
    Tensor tensor = place("scratch", dtype, Use.SCRATCH, 0, extents);
    stream.fill(tensor.buffer(), tensor.byteOffset(), tensor.bytes(), NAN_BYTE);
    return tensor;
  }

  /**
   * The gradient of a bias, accumulated into {@code before}, with the workspace for its sums.
   *
   * @param rows of the product whose columns are summed
   * @param depth of that product
   */
  BiasGradient biasGradient(String name, DType dtype, double[] before, int rows, int depth) {
    Shape workspace = BiasGradient.workspaceShape(dtype, rows, before.length, depth);
    return new BiasGradient(
        updated(name, DType.F32, before, before.length), scratch(DType.F32, workspace.extents()));
  }

  /** The outputs, after a look at everything that must be as it was. */
  Map<String, Output> finish() {
    stream.synchronize();
    Map<String, Output> outputs = new LinkedHashMap<>();
    for (Guarded guarded : all) {
      byte[] bytes = download(guarded.tensor().buffer());
      int start = (int) guarded.tensor().byteOffset();
      int end = start + (int) guarded.tensor().bytes();
      assertGuard(guarded.name() + ": bytes before it", Arrays.copyOfRange(bytes, 0, start));
      assertGuard(
          guarded.name() + ": bytes after it", Arrays.copyOfRange(bytes, end, bytes.length));
      byte[] inside = Arrays.copyOfRange(bytes, start, end);
      switch (guarded.use()) {
        case OUTPUT ->
            outputs.put(guarded.name(), new Output(guarded.tensor(), inside, values(guarded)));
        case INPUT ->
            assertThat(inside).as(guarded.name() + " is unchanged").isEqualTo(guarded.before());
        case SCRATCH -> {}
      }
    }
    return outputs;
  }

  /**
   * What a run wrote.
   *
   * @param bytes as stored
   * @param values as numbers; integers too
   */
  record Output(Tensor tensor, byte[] bytes, double[] values) {
    /** The bytes of some rows. */
    byte[] rows(long from, long count) {
      int perRow = (int) (bytes.length / tensor.shape().extent(0));
      return Arrays.copyOfRange(bytes, (int) from * perRow, (int) (from + count) * perRow);
    }
  }

  private double[] values(Guarded guarded) {
    return guarded.tensor().dtype() == DType.I32
        ? Arrays.stream(guarded.tensor().toInts(stream)).asDoubleStream().toArray()
        : guarded.tensor().toDoubles(stream);
  }

  private Tensor allocate(String name, DType dtype, Use use, long... extents) {
    return place(name, dtype, use, shift, extents);
  }

  private Tensor place(String name, DType dtype, Use use, int shiftBy, long... extents) {
    Shape shape = Shape.of(extents);
    long offset = GUARD_BYTES + (long) shiftBy * dtype.byteSize();
    DeviceBuffer buffer = device.allocate(offset + Tensor.bytes(dtype, shape) + GUARD_BYTES);
    stream.fill(buffer, 0, buffer.bytes(), GUARD);
    Tensor tensor = Tensor.view(buffer, offset, dtype, shape);
    all.add(new Guarded(name, tensor, use, new byte[0]));
    return tensor;
  }

  private Tensor remember(Tensor tensor) {
    byte[] bytes = download(tensor.buffer());
    int start = (int) tensor.byteOffset();
    byte[] inside = Arrays.copyOfRange(bytes, start, start + (int) tensor.bytes());
    all.set(all.size() - 1, new Guarded(all.getLast().name(), tensor, Use.INPUT, inside));
    return tensor;
  }

  private byte[] download(DeviceBuffer buffer) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(buffer.bytes());
      stream.copyToHost(host, buffer, 0);
      stream.synchronize();
      return host.toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private static void assertGuard(String what, byte[] band) {
    byte[] untouched = new byte[band.length];
    Arrays.fill(untouched, GUARD);
    assertThat(band).as(what).isEqualTo(untouched);
  }

  @Override
  public void close() {
    all.forEach(guarded -> guarded.tensor().buffer().close());
  }
}
