package dev.lockstep.check;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.StatusWord;
import dev.lockstep.ops.StepState;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Device memory for one problem, set up so that mistakes show: every tensor lies between guard
 * bands, outputs start as NaN, accumulators start at a known number that is taken off again, and
 * inputs are compared with what was put there.
 */
final class Trial implements AutoCloseable {
  /** What accumulators start at: a kernel that overwrites instead of adding is off by this. */
  static final double ACCUMULATOR_START = 0.5;

  private static final long GUARD_BYTES = 256;
  private static final byte GUARD = (byte) 0xa5;

  /** All ones is a NaN in f32, f16 and bf16. */
  private static final byte NAN_BYTE = (byte) 0xff;

  private final Device device;
  private final Stream stream;
  private final boolean misaligned;
  private final List<Allocation> allocations = new ArrayList<>();

  /**
   * One tensor's memory.
   *
   * @param offset of the tensor in the buffer
   * @param constant the bytes it must still hold at the end; null when kernels may write it
   */
  private record Allocation(
      String name, DeviceBuffer buffer, long offset, long bytes, byte @Nullable [] constant) {}

  /**
   * @param misaligned put every tensor one element past an aligned address, so that no access wider
   *     than an element is legal at its start
   */
  Trial(Device device, Stream stream, boolean misaligned) {
    this.device = device;
    this.stream = stream;
    this.misaligned = misaligned;
  }

  Stream stream() {
    return stream;
  }

  /** A tensor the kernels may only read; its numbers must be representable in {@code dtype}. */
  Tensor input(String name, DType dtype, HostArray array) {
    Tensor tensor = writable(name, dtype, array);
    Allocation allocation = allocations.removeLast();
    byte[] bytes = download(allocation);
    allocations.add(
        new Allocation(
            name,
            allocation.buffer(),
            allocation.offset(),
            allocation.bytes(),
            Arrays.copyOfRange(
                bytes,
                (int) allocation.offset(),
                (int) (allocation.offset() + allocation.bytes()))));
    return tensor;
  }

  /** A tensor filled with numbers that kernels may replace. */
  Tensor writable(String name, DType dtype, HostArray array) {
    Tensor tensor = allocate(name, dtype, array.extents());
    if (dtype == DType.I32) {
      tensor.copyFrom(stream, array.ints());
    } else {
      tensor.copyFrom(stream, array.values());
    }
    return tensor;
  }

  /** An input that may be absent. */
  @Nullable Tensor optionalInput(String name, DType dtype, @Nullable HostArray array) {
    return array == null ? null : input(name, dtype, array);
  }

  /** A tensor to be overwritten: all NaN until then. */
  Tensor output(String name, DType dtype, long... extents) {
    Tensor tensor = allocate(name, dtype, extents);
    stream.fill(tensor.buffer(), tensor.byteOffset(), tensor.bytes(), NAN_BYTE);
    return tensor;
  }

  /**
   * Memory that kernels lay out as they like (tables, states, workspaces): all ones until then, and
   * aligned always, for it holds fields wider than its elements.
   */
  Tensor structure(String name, DType dtype, Shape shape) {
    Tensor tensor = allocate(name, dtype, GUARD_BYTES, shape);
    stream.fill(tensor.buffer(), tensor.byteOffset(), tensor.bytes(), NAN_BYTE);
    return tensor;
  }

  /** A cleared word for bad indices. */
  StatusWord statusWord() {
    StatusWord status = new StatusWord(structure("status", StatusWord.DTYPE, StatusWord.SHAPE));
    status.reset(stream);
    return status;
  }

  /** A cleared state of an optimizer. */
  StepState stepState(KernelLibrary library) {
    StepState state = new StepState(library, structure("state", StepState.DTYPE, StepState.SHAPE));
    state.reset(stream);
    return state;
  }

  /** An f32 tensor to be added to: {@link #accumulated} tells what was added. */
  Tensor accumulator(String name, long... extents) {
    Tensor tensor = allocate(name, DType.F32, extents);
    double[] start = new double[Math.toIntExact(tensor.count())];
    Arrays.fill(start, ACCUMULATOR_START);
    tensor.copyFrom(stream, start);
    return tensor;
  }

  double[] read(Tensor tensor) {
    return tensor.toDoubles(stream);
  }

  double[] accumulated(Tensor tensor) {
    return Arrays.stream(read(tensor)).map(value -> value - ACCUMULATOR_START).toArray();
  }

  /**
   * Looks at all guard bands and inputs.
   *
   * @throws CheckFailure naming the tensor beside which, or into which, somebody wrote
   */
  void verify() {
    for (Allocation allocation : allocations) {
      byte[] bytes = download(allocation);
      long end = allocation.offset() + allocation.bytes();
      for (int i = 0; i < bytes.length; i++) {
        boolean inside = i >= allocation.offset() && i < end;
        if (!inside && bytes[i] != GUARD) {
          long distance = i < end ? i - allocation.offset() : i - end;
          throw new CheckFailure(
              "%s: a kernel wrote outside, %d bytes %s it"
                  .formatted(
                      allocation.name(),
                      i < end ? -distance : distance,
                      i < end ? "before" : "past the end of"));
        }
        byte[] constant = allocation.constant();
        if (inside && constant != null && bytes[i] != constant[(int) (i - allocation.offset())]) {
          throw new CheckFailure(
              "%s: a kernel changed byte %d of this input"
                  .formatted(allocation.name(), i - allocation.offset()));
        }
      }
    }
  }

  private Tensor allocate(String name, DType dtype, long... extents) {
    long offset = GUARD_BYTES + (misaligned ? dtype.byteSize() : 0);
    return allocate(name, dtype, offset, Shape.of(extents));
  }

  private Tensor allocate(String name, DType dtype, long offset, Shape shape) {
    long bytes = Tensor.bytes(dtype, shape);
    DeviceBuffer buffer = device.allocate(offset + bytes + GUARD_BYTES);
    allocations.add(new Allocation(name, buffer, offset, bytes, null));
    stream.fill(buffer, 0, buffer.bytes(), GUARD);
    return Tensor.view(buffer, offset, dtype, shape);
  }

  private byte[] download(Allocation allocation) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(allocation.buffer().bytes());
      stream.copyToHost(host, allocation.buffer(), 0);
      stream.synchronize();
      return host.toArray(ValueLayout.JAVA_BYTE);
    }
  }

  @Override
  public void close() {
    allocations.forEach(allocation -> allocation.buffer().close());
  }
}
