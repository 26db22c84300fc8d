package dev.lockstep.device;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** A number for each {@link Counter}; does not change. */
public final class Counts {
  private static final Counter[] COUNTERS = Counter.values();

  private final long[] values;

  private Counts(long[] values) {
    this.values = values;
  }

  /** The number of that counter. */
  public long get(Counter counter) {
    return values[counter.ordinal()];
  }

  /** The sum of several counters. */
  public long sum(Counter... counters) {
    long sum = 0;
    for (Counter counter : counters) {
      sum += get(counter);
    }
    return sum;
  }

  /** Floating-point operations outside tensor cores, a fused multiply-add being two. */
  public long flops() {
    return sum(Counter.FADD, Counter.FMUL, Counter.DADD, Counter.DMUL, Counter.HADD, Counter.HMUL)
        + 2 * sum(Counter.FFMA, Counter.DFMA, Counter.HFMA);
  }

  /** Those that are not zero, by {@link Counter#metric}, in the order of {@link Counter}. */
  public Map<String, Long> byMetric() {
    Map<String, Long> map = new LinkedHashMap<>();
    for (Counter counter : COUNTERS) {
      if (get(counter) != 0) {
        map.put(counter.metric(), get(counter));
      }
    }
    return map;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Counts counts && Arrays.equals(values, counts.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return byMetric().toString();
  }

  /** Adds up. */
  public static final class Builder {
    private final long[] values = new long[COUNTERS.length];

    /** Adds to one counter. */
    public Builder add(Counter counter, long more) {
      values[counter.ordinal()] += more;
      return this;
    }

    /** Adds to each counter. */
    public Builder add(Counts counts) {
      for (int i = 0; i < values.length; i++) {
        values[i] += counts.values[i];
      }
      return this;
    }

    /** The sums so far. */
    public Counts build() {
      return new Counts(values.clone());
    }
  }
}
