package dev.lockstep.profile;

import com.sun.management.ThreadMXBean;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Event;
import dev.lockstep.device.ForwardingStream;
import dev.lockstep.device.Graph;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import dev.lockstep.device.MatrixProduct;
import dev.lockstep.device.MatrixProducts;
import dev.lockstep.device.Stream;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Splits wall time, and what is allocated on the Java heap, into the calls of the streams it
 * watches and the rest, which is what the Java side itself costs. Unlike {@link StepProfile} it
 * waits for nothing: a device that works on its own does so behind these calls, and shows as
 * waiting. For one thread.
 */
public final class StepAccount {
  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final Map<Kind, Tally> tallies = new EnumMap<>(Kind.class);
  private long begun;
  private long bytesBegun;

  /** Kinds of calls. */
  public enum Kind {
    /** Of kernels, graphs, and products by a library. */
    LAUNCHES,
    /** To, from and on the device; fills. */
    COPIES,
    /** Of events, and of one stream for another. */
    EVENTS,
    /** For the device. */
    WAITING,
    /** Everything that is no call of a stream. */
    JAVA
  }

  private static final class Tally {
    private long calls;
    private long nanoseconds;
    private long bytes;
  }

  /**
   * What one kind took.
   *
   * @param bytes allocated on the heap meanwhile, by the thread that calls
   */
  public record Part(Kind kind, long calls, double seconds, long bytes) {}

  /** A stream that hands everything on to {@code stream} and keeps account. */
  public Stream watch(Stream stream) {
    return new WatchedStream(stream);
  }

  /** Begins anew: what comes before, a warm-up for example, does not count. */
  public void begin() {
    for (Kind kind : Kind.values()) {
      tallies.put(kind, new Tally());
    }
    bytesBegun = threads.getCurrentThreadAllocatedBytes();
    begun = System.nanoTime();
  }

  /** From {@link #begin} until now, kind by kind; the seconds add up to the wall time. */
  public List<Part> parts() {
    long nanoseconds = System.nanoTime() - begun;
    long bytes = threads.getCurrentThreadAllocatedBytes() - bytesBegun;
    List<Part> parts = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      Tally tally = tallies.getOrDefault(kind, new Tally());
      if (kind != Kind.JAVA) {
        parts.add(new Part(kind, tally.calls, tally.nanoseconds * 1e-9, tally.bytes));
        nanoseconds -= tally.nanoseconds;
        bytes -= tally.bytes;
      }
    }
    parts.add(new Part(Kind.JAVA, 0, nanoseconds * 1e-9, bytes));
    return parts;
  }

  private final class WatchedStream extends ForwardingStream {
    WatchedStream(Stream stream) {
      super(stream);
    }

    @Override
    public void copyToDevice(DeviceBuffer target, long offset, MemorySegment source) {
      count(Kind.COPIES, () -> super.copyToDevice(target, offset, source));
    }

    @Override
    public void copyToHost(MemorySegment target, DeviceBuffer source, long offset) {
      count(Kind.COPIES, () -> super.copyToHost(target, source, offset));
    }

    @Override
    public void copyOnDevice(
        DeviceBuffer target,
        long targetOffset,
        DeviceBuffer source,
        long sourceOffset,
        long bytes) {
      count(
          Kind.COPIES, () -> super.copyOnDevice(target, targetOffset, source, sourceOffset, bytes));
    }

    @Override
    public void fill(DeviceBuffer target, long offset, long bytes, byte value) {
      count(Kind.COPIES, () -> super.fill(target, offset, bytes, value));
    }

    @Override
    public void launch(Kernel kernel, Launch launch, KernelArgs args) {
      count(Kind.LAUNCHES, () -> super.launch(kernel, launch, args));
    }

    @Override
    public void launch(Graph graph) {
      count(Kind.LAUNCHES, () -> super.launch(graph));
    }

    @Override
    public void multiply(MatrixProducts library, MatrixProduct product, long a, long b, long c) {
      count(Kind.LAUNCHES, () -> super.multiply(library, product, a, b, c));
    }

    @Override
    public void record(Event event) {
      count(Kind.EVENTS, () -> super.record(event));
    }

    @Override
    public void await(Event event) {
      count(Kind.EVENTS, () -> super.await(event));
    }

    @Override
    public void synchronize() {
      count(Kind.WAITING, super::synchronize);
    }

    private void count(Kind kind, Runnable call) {
      Tally tally = tallies.computeIfAbsent(kind, key -> new Tally());
      long bytes = threads.getCurrentThreadAllocatedBytes();
      long begin = System.nanoTime();
      call.run();
      tally.nanoseconds += System.nanoTime() - begin;
      tally.bytes += threads.getCurrentThreadAllocatedBytes() - bytes;
      tally.calls++;
    }
  }
}
