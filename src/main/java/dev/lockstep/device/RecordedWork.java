package dev.lockstep.device;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Work recorded once and queued again and again, call by call, on any device: what {@link Graphs}
 * do, without the device's help. Queueing it again does nothing but these calls: no argument is
 * checked and no launch is chosen anew, and nothing is left on the Java heap.
 */
public final class RecordedWork {
  private final List<Consumer<Stream>> calls;

  private RecordedWork(List<Consumer<Stream>> calls) {
    this.calls = calls;
  }

  /**
   * Records what {@code work} queues on the stream it is given; none of it happens yet. As with
   * {@link Graphs#capture}, addresses, grids and arguments are recorded as they are now, and all
   * memory and kernels that are named must outlive what is recorded.
   *
   * @throws IllegalStateException when {@code work} waits, or uses an event or a graph
   */
  public static RecordedWork of(Consumer<Stream> work) {
    Recorder recorder = new Recorder();
    work.accept(recorder);
    return new RecordedWork(List.copyOf(recorder.calls));
  }

  /** Queues all of it, in order. */
  public void queue(Stream stream) {
    for (int i = 0; i < calls.size(); i++) {
      calls.get(i).accept(stream);
    }
  }

  private static final class Recorder implements Stream {
    private final List<Consumer<Stream>> calls = new ArrayList<>();

    @Override
    public void copyToDevice(DeviceBuffer target, long offset, MemorySegment source) {
      calls.add(stream -> stream.copyToDevice(target, offset, source));
    }

    @Override
    public void copyToHost(MemorySegment target, DeviceBuffer source, long offset) {
      calls.add(stream -> stream.copyToHost(target, source, offset));
    }

    @Override
    public void copyOnDevice(
        DeviceBuffer target,
        long targetOffset,
        DeviceBuffer source,
        long sourceOffset,
        long bytes) {
      calls.add(stream -> stream.copyOnDevice(target, targetOffset, source, sourceOffset, bytes));
    }

    @Override
    public void fill(DeviceBuffer target, long offset, long bytes, byte value) {
      calls.add(stream -> stream.fill(target, offset, bytes, value));
    }

    @Override
    public void launch(Kernel kernel, Launch launch, KernelArgs args) {
      KernelArgs own = args.copy();
      calls.add(stream -> stream.launch(kernel, launch, own));
    }

    @Override
    public void multiply(MatrixProducts library, MatrixProduct product, long a, long b, long c) {
      calls.add(stream -> stream.multiply(library, product, a, b, c));
    }

    @Override
    public void biasGelu(
        FusedProducts library, MatrixProduct product, long a, long b, long bias, long z, long c) {
      calls.add(stream -> stream.biasGelu(library, product, a, b, bias, z, c));
    }

    @Override
    public void launch(Graph graph) {
      throw refused();
    }

    @Override
    public void prepare(MatrixProducts library) {
      throw refused();
    }

    @Override
    public void record(Event event) {
      throw refused();
    }

    @Override
    public void await(Event event) {
      throw refused();
    }

    @Override
    public void synchronize() {
      throw refused();
    }

    @Override
    public void close() {
      throw refused();
    }

    private static IllegalStateException refused() {
      return new IllegalStateException(
          "this stream records: it takes only copies, fills, launches and products");
    }
  }
}
