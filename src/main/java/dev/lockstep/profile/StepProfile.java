package dev.lockstep.profile;

import dev.lockstep.device.Stream;
import dev.lockstep.profile.StepAccount.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Times every kernel and copy that goes through the streams it watches. It waits for the device
 * after each of them, so the parts add up to the time of the whole, but the whole takes longer than
 * it would unwatched. For one thread.
 */
public final class StepProfile {

  private final Map<String, Tally> tallies = new HashMap<>();

  private static final class Tally {
    private long count;
    private long nanoseconds;
  }

  /**
   * One kind of work.
   *
   * @param name a kernel's entry point, or the kind of copy in parentheses
   * @param count how often it was done
   * @param seconds wall time of all of them
   * @param share of the time of all kinds of work together, from 0 to 1
   */
  public record Row(String name, long count, double seconds, double share) {
    /** Wall time of one. */
    public double secondsEach() {
      return seconds / count;
    }
  }

  /** A stream that hands everything on to {@code stream} and keeps the time. */
  public Stream watch(Stream stream) {
    return new Timed(stream);
  }

  /** Forgets everything, so that a warm-up does not count. */
  public void reset() {
    tallies.clear();
  }

  /** Seconds of all work seen. */
  public double seconds() {
    return tallies.values().stream().mapToLong(tally -> tally.nanoseconds).sum() * 1e-9;
  }

  /** All kinds of work, the costliest first. */
  public List<Row> rows() {
    double total = seconds();
    List<Row> rows = new ArrayList<>();
    tallies.forEach(
        (name, tally) -> {
          double seconds = tally.nanoseconds * 1e-9;
          rows.add(new Row(name, tally.count, seconds, total == 0 ? 0 : seconds / total));
        });
    rows.sort(Comparator.comparingDouble(Row::seconds).reversed().thenComparing(Row::name));
    return rows;
  }

  private final class Timed extends WatchedStream {
    private long before;

    Timed(Stream stream) {
      super(stream);
    }

    @Override
    void before() {
      before = System.nanoTime();
    }

    @Override
    void after(Kind kind, String name) {
      if (kind != Kind.LAUNCHES && kind != Kind.COPIES) {
        return;
      }
      long begun = before;
      synchronize();
      long end = System.nanoTime();
      Tally tally = tallies.computeIfAbsent(name, key -> new Tally());
      tally.count++;
      tally.nanoseconds += end - begun;
    }
  }
}
