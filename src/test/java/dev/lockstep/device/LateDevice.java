package dev.lockstep.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;

/**
 * A device whose streams fall behind, as a GPU's do: work is done when somebody waits, and then the
 * streams take turns at random, in any order that events allow. What depends on an order nobody
 * asked for comes out wrong.
 */
public final class LateDevice extends ForwardingDevice {
  private final Random random;
  private final List<LateStream> streams = new ArrayList<>();

  /** Another device, but for the order of what is done. */
  public LateDevice(Device device, long seed) {
    super(device);
    this.random = new Random(seed);
  }

  @Override
  public Stream newStream() {
    LateStream stream = new LateStream(super.newStream());
    streams.add(stream);
    return stream;
  }

  @Override
  public Event newEvent() {
    return new LateEvent();
  }

  /** Steps of randomly chosen streams until this one has nothing left to do. */
  private void drain(LateStream waited) {
    while (!waited.work.isEmpty()) {
      List<LateStream> able = streams.stream().filter(LateStream::canGoOn).toList();
      if (able.isEmpty()) {
        throw new IllegalStateException("all streams wait for each other");
      }
      able.get(random.nextInt(able.size())).goOn();
    }
  }

  /** Times it was recorded by calls, and by the device. */
  private static final class LateEvent implements Event {
    private int asked;
    private int reached;

    @Override
    public double secondsSince(Event earlier) {
      throw new UnsupportedOperationException("no clock here");
    }

    @Override
    public void close() {}
  }

  /** One thing to do, once an event was reached that often. */
  private record Work(Runnable action, LateEvent after, int times) {}

  private final class LateStream implements Stream {
    private final Stream stream;
    private final Queue<Work> work = new ArrayDeque<>();

    LateStream(Stream stream) {
      this.stream = stream;
    }

    private boolean canGoOn() {
      Work next = work.peek();
      return next != null && next.after.reached >= next.times;
    }

    private void goOn() {
      work.remove().action.run();
    }

    private void later(Runnable action) {
      work.add(new Work(action, new LateEvent(), 0));
    }

    @Override
    public void copyToDevice(DeviceBuffer target, long offset, MemorySegment source) {
      later(() -> stream.copyToDevice(target, offset, source));
    }

    @Override
    public void copyToHost(MemorySegment target, DeviceBuffer source, long offset) {
      later(() -> stream.copyToHost(target, source, offset));
    }

    @Override
    public void copyOnDevice(
        DeviceBuffer target, long targetOffset, DeviceBuffer source, long sourceOffset, long n) {
      later(() -> stream.copyOnDevice(target, targetOffset, source, sourceOffset, n));
    }

    @Override
    public void fill(DeviceBuffer target, long offset, long bytes, byte value) {
      later(() -> stream.fill(target, offset, bytes, value));
    }

    @Override
    public void launch(Kernel kernel, Launch launch, KernelArgs args) {
      MemorySegment block = Arena.ofAuto().allocate(args.block().byteSize(), 16);
      block.copyFrom(args.block());
      later(() -> stream.launch(kernel, launch, new KernelArgs().bytes(block, 16)));
    }

    @Override
    public void record(Event event) {
      LateEvent own = (LateEvent) event;
      own.asked++;
      later(() -> own.reached++);
    }

    @Override
    public void await(Event event) {
      LateEvent own = (LateEvent) event;
      work.add(new Work(() -> {}, own, own.asked));
    }

    @Override
    public void synchronize() {
      drain(this);
      stream.synchronize();
    }

    @Override
    public void close() {
      drain(this);
      streams.remove(this);
      stream.close();
    }
  }
}
