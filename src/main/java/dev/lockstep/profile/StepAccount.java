package dev.lockstep.profile;

import com.sun.management.ThreadMXBean;
import dev.lockstep.device.Stream;
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
    return new Counted(stream);
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

  private final class Counted extends WatchedStream {
    private long bytesBefore;
    private long before;

    Counted(Stream stream) {
      super(stream);
    }

    @Override
    void before() {
      bytesBefore = threads.getCurrentThreadAllocatedBytes();
      before = System.nanoTime();
    }

    @Override
    void after(Kind kind, String name) {
      long nanoseconds = System.nanoTime() - before;
      long bytes = threads.getCurrentThreadAllocatedBytes() - bytesBefore;
      Tally tally = tallies.computeIfAbsent(kind, key -> new Tally());
      tally.nanoseconds += nanoseconds;
      tally.bytes += bytes;
      tally.calls++;
    }
  }
}
